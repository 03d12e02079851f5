import Events
import Testing

@testable import Recording

@Suite struct ResourceFileTests {
  private func sample(_ parts: [(ResourceFile.Content, String)]) -> ResourceSample {
    var sample = ResourceSample()
    for (content, text) in parts {
      var text = text
      text.withUTF8 { sample.take(content, KernelText(bytes: UnsafeRawBufferPointer($0))) }
    }
    return sample
  }

  @Test func `the files of version 2 are read as the kernel writes them`() {
    let sample = sample([
      (.number(.memoryCurrent), "12582912\n"), (.number(.memoryMax), "max\n"),
      (.memoryEvents, "low 0\nhigh 0\nmax 7\noom 2\noom_kill 1\noom_group_kill 0\n"),
      (.memoryStat, "anon 4096\nfile 8192\nkernel 1\nfile_mapped 5\n"),
      (.cpuStat, "usage_usec 1500\nuser_usec 1000\nsystem_usec 500\nnr_periods 9\nnr_throttled 3\nthrottled_usec 42\n"),
      (.cpuMax, "50000 100000\n"),
      (.inputOutput, "254:0 rbytes=10 wbytes=20 rios=1 wios=2 dbytes=9 dios=9\n8:0 rbytes=5 wbytes=6 rios=3 wios=4\n"),
      (
        .pressure(some: .ioPressureSome, full: .ioPressureFull),
        "some avg10=0.02 avg60=1.39 avg300=3.92 total=852\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=7\n"
      ),
    ])
    #expect(sample[.memoryCurrent] == 12_582_912)
    #expect(sample[.memoryMax] == nil)
    #expect(sample[.memoryLimitHits] == 7 && sample[.outOfMemoryEvents] == 2 && sample[.outOfMemoryKills] == 1)
    #expect(sample[.memoryAnonymous] == 4096 && sample[.memoryFile] == 8192)
    #expect(sample[.cpuUsage] == 1_500_000 && sample[.cpuUser] == 1_000_000 && sample[.cpuSystem] == 500_000)
    #expect(sample[.cpuThrottledPeriods] == 3 && sample[.cpuThrottledTime] == 42_000)
    #expect(sample[.cpuQuota] == 500)
    #expect(sample[.ioReadBytes] == 15 && sample[.ioWrittenBytes] == 26)
    #expect(sample[.ioReads] == 4 && sample[.ioWrites] == 6)
    #expect(sample[.ioPressureSome] == 852_000 && sample[.ioPressureFull] == 7_000)
  }

  @Test func `the files of version 1 are read as the kernel writes them`() {
    let sample = sample([
      (.number(.memoryCurrent), "1000\n"), (.number(.memoryMax), "9223372036854771712\n"), (.swapAndMemory, "1500\n"),
      (.swapAndMemoryLimit, "9223372036854771712\n"),
      (.outOfMemoryControl, "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n"),
      (.oldMemoryStat, "cache 1\nrss 2\ntotal_cache 30\ntotal_rss 40\n"), (.period, "100000\n"), (.quota, "-1\n"),
      (.throttling, "nr_periods 4\nnr_throttled 2\nthrottled_time 99\n"),
      (.deviceBytes, "254:0 Read 10\n254:0 Write 20\n254:0 Sync 30\n254:0 Total 30\nTotal 30\n"),
    ])
    #expect(sample[.memoryMax] == nil && sample[.swapMax] == nil && sample[.cpuQuota] == nil)
    #expect(sample[.swapCurrent] == 500 && sample[.outOfMemoryKills] == 3)
    #expect(sample[.memoryAnonymous] == 40 && sample[.memoryFile] == 30)
    #expect(sample[.cpuThrottledPeriods] == 2 && sample[.cpuThrottledTime] == 99)
    #expect(sample[.ioReadBytes] == 10 && sample[.ioWrittenBytes] == 20)
  }

  @Test func `what is empty, cut or no number is absent`() {
    let text = "some avg10=0.02 avg60=1.39 avg300=3.92 total=852\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=7\n"
    for count in 0..<text.utf8.count {
      _ = sample([
        (.pressure(some: .ioPressureSome, full: .ioPressureFull), String(text.prefix(count))),
        (.cpuMax, "max 100000\n"),
      ])
    }
    let odd = sample([
      (.number(.memoryCurrent), ""), (.number(.pidsMax), "max\n"), (.number(.pidsCurrent), "99999999999999999999999\n"),
      (.cpuMax, "max 100000\n"), (.quota, "5\n"), (.inputOutput, ""),
    ])
    #expect(odd.present == 0)
  }

  private static let hybrid = """
    30 1 0:26 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
    31 1 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
    32 1 0:28 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
    """

  @Test func `each controller's files are where it is mounted, those of no version 1 in version 2`() throws {
    let hierarchy = try CgroupHierarchy.detect(mountInfo: Self.hybrid, ownCgroups: "")
    let files = ResourceFile.all(beside: hierarchy, mountInfo: Self.hybrid)
    func mount(_ name: String) -> String? { files.first { $0.name == name }?.hierarchy.mountPoint }
    #expect(mount("memory.usage_in_bytes") == "/sys/fs/cgroup/memory")
    #expect(mount("cpuacct.usage") == "/sys/fs/cgroup/cpu,cpuacct")
    #expect(mount("cpu.cfs_quota_us") == "/sys/fs/cgroup/cpu,cpuacct")
    #expect(mount("pids.current") == "/sys/fs/cgroup/unified")
    #expect(mount("io.pressure") == "/sys/fs/cgroup/unified")
    #expect(mount("memory.current") == nil)
    #expect(files.prefix { $0.isQuick }.count == 3 && !files.dropFirst(3).contains { $0.isQuick })
  }
}
