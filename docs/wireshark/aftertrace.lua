-- Fields for what Aftertrace says of each packet: which container, pod and process its socket is of.
--
-- The capture says it as a comment of each packet ("container=web-1 pod=shop/web pid=712 process=nginx exe=/usr/sbin/nginx").
-- This post-dissector makes fields of it, which display filters, columns and -T fields can name:
--
--   aftertrace.container == "web-1"     aftertrace.pid == 712        aftertrace.exe matches "/(ba)?sh$"
--   aftertrace.pod == "shop/web"        aftertrace.process == "nginx"  aftertrace.host
--
-- Use: wireshark -X lua_script:aftertrace.lua web.pcapng, or copy it into the folder of personal plugins
-- (Help, About Wireshark, Folders).

local aftertrace = Proto("aftertrace", "Aftertrace")
local fields = {
  container = ProtoField.string("aftertrace.container", "Container"),
  pod = ProtoField.string("aftertrace.pod", "Pod"),
  pid = ProtoField.uint32("aftertrace.pid", "Process id"),
  process = ProtoField.string("aftertrace.process", "Process"),
  exe = ProtoField.string("aftertrace.exe", "Executable"),
  host = ProtoField.bool("aftertrace.host", "Of no container"),
}
aftertrace.fields = fields
local comments = Field.new("frame.comment")

-- Values go on to the next key: a process's name may hold blanks.
local keys = { "container", "pod", "pid", "process", "exe" }

local function take(comment)
  local text = " " .. comment
  -- Container and pod stand before the pid: what comes after it a process has a say in.
  local pid = text:find(" pid=", 1, true) or #text + 1
  local found, start = {}, 1
  for _, key in ipairs(keys) do
    local from, to = text:find(" " .. key .. "=", start, true)
    if from and (from <= pid or from > pid and key ~= "container" and key ~= "pod") then
      found[#found + 1] = { key = key, from = from, to = to }
      start = to + 1
    end
  end
  local values = {}
  for place, item in ipairs(found) do
    values[item.key] = text:sub(item.to + 1, found[place + 1] and found[place + 1].from - 1 or #text)
  end
  return values
end

function aftertrace.dissector(buffer, packet, tree)
  for _, info in ipairs({ comments() }) do
    local comment = tostring(info.value)
    local values = take(comment)
    local isHost = comment == "host" or comment:sub(1, 5) == "host "
    if isHost or next(values) then
      local branch = tree:add(aftertrace)
      if isHost then branch:add(fields.host, true):set_generated() end
      for _, key in ipairs(keys) do
        local value = values[key]
        if key == "pid" then value = tonumber(value) end
        if value then branch:add(fields[key], value):set_generated() end
      end
      return
    end
  end
end

register_postdissector(aftertrace)
