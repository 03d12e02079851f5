/// Why a signal was sent: the names of siginfo's `si_code`.
public enum SignalCode {
  /// `SEGV_MAPERR`; nil for a code that has no name with this signal.
  public static func name(_ code: Int32, signal: Int32) -> String? {
    if let name = common[code] { return name }
    guard code > 0, let names = bySignal[signal], code <= names.count else { return nil }
    return names[Int(code) - 1]
  }

  // Source: include/uapi/asm-generic/siginfo.h.
  private static let common: [Int32: String] = [
    0: "SI_USER", 0x80: "SI_KERNEL", -1: "SI_QUEUE", -2: "SI_TIMER", -3: "SI_MESGQ", -4: "SI_ASYNCIO", -5: "SI_SIGIO",
    -6: "SI_TKILL",
  ]

  private static let bySignal: [Int32: [String]] = [
    4: [
      "ILL_ILLOPC", "ILL_ILLOPN", "ILL_ILLADR", "ILL_ILLTRP", "ILL_PRVOPC", "ILL_PRVREG", "ILL_COPROC", "ILL_BADSTK",
    ],
    5: ["TRAP_BRKPT", "TRAP_TRACE", "TRAP_BRANCH", "TRAP_HWBKPT", "TRAP_UNK", "TRAP_PERF"],
    7: ["BUS_ADRALN", "BUS_ADRERR", "BUS_OBJERR", "BUS_MCEERR_AR", "BUS_MCEERR_AO"],
    8: [
      "FPE_INTDIV", "FPE_INTOVF", "FPE_FLTDIV", "FPE_FLTOVF", "FPE_FLTUND", "FPE_FLTRES", "FPE_FLTINV", "FPE_FLTSUB",
    ],
    11: [
      "SEGV_MAPERR", "SEGV_ACCERR", "SEGV_BNDERR", "SEGV_PKUERR", "SEGV_ACCADI", "SEGV_ADIDERR", "SEGV_ADIPERR",
      "SEGV_MTEAERR", "SEGV_MTESERR", "SEGV_CPERR",
    ],
    31: ["SYS_SECCOMP", "SYS_USER_DISPATCH"],
  ]
}
