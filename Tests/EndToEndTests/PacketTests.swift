import ContainerLab
import Glibc
import JSON
import Posix
import Testing

extension EndToEndTests {
  /// What went over the wire, tied to who sent it.
  @Suite struct PacketTests {
    private static let skipReason = DockerLab.skipReason ?? Lab.missing("tcpdump", "nsenter", "tshark")

    private static func address(_ name: String, _ docker: DockerLab) throws -> String {
      try docker.docker("inspect", "-f", "{{.NetworkSettings.IPAddress}}", name)
    }

    /// Bytes of each packet as tcpdump prints them, without its times.
    private static func contents(of capture: String, _ filter: String = "") throws -> [String] {
      let text = try ProgramLaunch(
        "/bin/sh", ["-c", "tcpdump -tnSxr \(capture) \(filter) 2>/dev/null"], environment: Program.clean
      ).run().text
      return text.split(separator: "\n").reduce(into: []) { packets, line in
        if line.hasPrefix("\t") { packets[packets.count - 1] += line } else { packets.append(String(line)) }
      }
    }

    @Test(.enabled(if: Program.canRecord(skipReason)))
    func `a request between two containers is seen on both sides, each packet with its process, as tcpdump sees it`()
      throws
    {
      let place = try Workplace()
      let docker = try DockerLab(network: .bridge)
      defer { docker.end() }
      let (server, client) = ("at-server-\(processID)", "at-client-\(processID)")
      try docker.docker(
        "run", "-d", "--name", server, DockerLab.image, "/bin/busybox", "httpd", "-f", "-p", "8080", "-h", "/")
      try docker.docker("run", "-d", "--name", client, DockerLab.image, "/bin/sleep", "60")
      let ip = try Self.address(server, docker)
      let capture = place["c.pcapng"]
      let recorder = try RunningRecorder(to: capture, flags: ["--packets", "all"])
      // The other witness, in the client's namespace.
      let pid = try docker.docker("inspect", "-f", "{{.State.Pid}}", client)
      let witness = try Lab.start(
        "nsenter", ["-t", pid, "-n", "tcpdump", "-U", "-i", "any", "-w", place["witness.pcap"], "tcp"],
        log: place["witness.log"])
      #expect(Lab.waitUntil(limit: .seconds(10)) { Lab.text(of: place["witness.log"]).contains("listening on") })
      sleep(1)
      try docker.docker(
        "exec", client, "/bin/busybox", "wget", "-q", "-O", "-", "http://\(ip):8080/etc/passwd")
      _ = try? docker.docker("exec", client, "/bin/busybox", "wget", "-q", "-O", "-", "http://\(ip):8081/closed")
      sleep(1)
      try witness.signal(SIGINT)
      _ = try witness.wait()
      #expect(try recorder.end() == .exited(0), "\(recorder.said)")
      #expect(recorder.said.contains("nothing lost"), "\(recorder.said)")

      let sent = try Program.rows("packets", capture, "--json", "--container", client)
      let tcp = sent.filter { $0.number("network.iana_number") == 6 }
      #expect(!tcp.isEmpty && tcp.allSatisfy { $0.text("container.name") == client && $0.text("interface") == "eth0" })
      #expect(tcp.filter { $0.text("destination.ip") == ip }.allSatisfy { $0.text("direction") == "out" })
      let hello = try #require(tcp.first { $0.text("summary")?.hasSuffix("tcp SYN") == true })
      #expect(hello.text("process") == "busybox" || hello.text("process") == "wget", "\(hello)")
      let opened = tcp.filter { $0.number("destination.port") == 8080 || $0.number("source.port") == 8080 }
      #expect(
        opened.count >= 8 && opened.allSatisfy { $0.number("pid") == hello.number("pid") }, "each is its client's")
      #expect(opened.contains { $0.text("summary")?.contains("GET /etc/passwd HTTP/1.1") == true })
      #expect(tcp.contains { $0.text("summary")?.contains("tcp RST") == true && $0.number("source.port") == 8081 })

      let received = try Program.rows("packets", capture, "--json", "--container", server)
        .filter { $0.number("destination.port") == 8080 }
      #expect(
        received.count == opened.filter { $0.number("destination.port") == 8080 }.count, "what one sent the other got")
      #expect(
        received.allSatisfy {
          $0.text("direction") == "in" && $0.number("pid") != hello.number("pid") && $0.number("pid") != nil
        })

      // Packet by packet what the other witness saw.
      let ours = try Self.contents(of: capture, "tcp and host \(Self.address(client, docker))")
      let theirs = try Self.contents(of: place["witness.pcap"])
      #expect(theirs.count >= 8)
      let distinct = Dictionary(ours.map { ($0, 1) }, uniquingKeysWith: +)
      #expect(theirs.allSatisfy { distinct[$0] != nil }, "nothing that it has is missing here")

      // And for those who look with Wireshark.
      let shown = try ProgramLaunch(
        "/usr/bin/tshark",
        [
          "-r", capture, "-Y", "frame.comment contains \"container=\(client)\" && tcp", "-T", "fields", "-e",
          "frame.comment",
        ],
        environment: Program.clean
      ).run().text.split(separator: "\n")
      #expect(shown.count == tcp.count)
      #expect(shown.contains { $0.contains("pid=\(hello.number("pid") ?? 0) ") })

      let info = try JSONValue(parsing: try Program.run("info", "--json", capture, merging: false).text)
      #expect(info.number("packets") ?? 0 >= Int64(tcp.count + received.count))
    }

    @Test(.enabled(if: Program.canRecord(skipReason)))
    func `headers keep no content but names and request lines, and off keeps nothing`() throws {
      let place = try Workplace()
      try FileDescriptor.write(
        """
        import socket, threading
        server = socket.create_server(("127.0.0.1", 0))
        def serve():
            peer, _ = server.accept()
            peer.recv(4096)
            peer.sendall(b"HTTP/1.0 200 OK\\r\\n\\r\\nthe answer is secret")
            peer.close()
        threading.Thread(target=serve).start()
        client = socket.create_connection(server.getsockname())
        client.sendall(b"POST /login HTTP/1.0\\r\\nAuthorization: Bearer hush\\r\\n\\r\\npassword=hush")
        while client.recv(4096): pass
        """.utf8, to: place["talk.py"])
      for mode in ["headers", "all", "off"] {
        let capture = place["\(mode).pcapng"]
        let script = "sleep 0.3; exec python3 \(place["talk.py"])"
        let recording = try Program.record(
          ["/bin/sh", "-c", script], to: capture, flags: ["--packets", mode, "--no-payload"])
        #expect(recording.end == .exited(0), "\(recording.text)")
        let bytes = Array(try FileDescriptor.contents(of: capture, limit: .max))
        let has = { (text: String) in bytes.firstRange(of: Array(text.utf8)) != nil }
        if mode == "off" {
          let result = try Program.run("packets", capture)
          #expect(result.end == .exited(2) && result.text.contains("no packets"), "\(result.text)")
          continue
        }
        let rows = try Program.rows("packets", capture, "--json")
        #expect(rows.count >= 8)
        // Only the command's own: whatever else goes over the host's loopback is not recorded.
        #expect(rows.allSatisfy { $0.text("process") == "python3" }, "\(rows.compactMap { $0.text("process") })")
        #expect(rows.contains { $0.text("summary")?.contains("POST /login HTTP/1.0") == true })
        #expect(has("POST /login HTTP/1.0"))
        #expect(has("Bearer hush") == (mode == "all") && has("the answer is secret") == (mode == "all"), "\(mode)")
        #expect(rows.contains { ($0.number("length") ?? 0) > ($0.number("captured") ?? 0) } == (mode == "headers"))
      }
    }

    @Test(.enabled(if: Program.isBuilt))
    func `a filter that is none is refused before anything is recorded`() throws {
      let place = try Workplace()
      let result = try Program.run("record", "-o", place["c.pcapng"], "--packet-filter", "tcp porrt 1", "--for", "1s")
      #expect(
        result.end == .exited(64) && result.text.contains("tcp porrt 1") && result.text.contains("pcap-filter(7)"),
        "\(result.text)")
      #expect(!File.exists(place["c.pcapng"]))
    }
  }
}
