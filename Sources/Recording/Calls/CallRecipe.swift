internal import Events
internal import ProbeRecords
internal import SystemCalls

/// What the recorder does with one family of system calls: what the probe fetches, and what its arguments are called.
///
/// The probe at sys_exit is an interpreter of this table, so a new decoder is a row here and not kernel code.
/// Argument indexes count from 1; 0 is none.
struct CallRecipe: Sendable {
  enum Form: UInt8, Sendable {
    case call = 1
    case transfer = 2
    case detailed = 3
    case descriptor = 9
  }

  var names: [String]
  var kind: EventKind
  var form: Form
  var lane: Lane = .detail
  var failureLane: Lane = .activity
  var flags: UInt32 = 0
  var path: UInt8 = 0
  var directory: UInt8 = 0
  var secondPath: UInt8 = 0
  var secondDirectory: UInt8 = 0
  var descriptor: UInt8 = 0
  var address: UInt8 = 0
  var addressLength: UInt8 = 0
  var count: UInt8 = 0
  var vector: UInt8 = 0
  var offset: UInt8 = 0
  var message: UInt8 = 0
  var pair: UInt8 = 0
  /// Raw arguments that become columns of the event.
  var arguments: [Argument] = []

  struct Argument: Sendable {
    var column: ColumnID
    var index: Int
    /// Registers are 64 bits wide; what the call reads of them is this.
    var width: Width
    enum Width: Sendable { case signed32, unsigned32, bits64 }
  }
}

extension CallRecipe.Argument {
  static func int(_ column: ColumnID, _ index: Int) -> Self { .init(column: column, index: index, width: .signed32) }
  static func unsigned(_ column: ColumnID, _ index: Int) -> Self {
    .init(column: column, index: index, width: .unsigned32)
  }
  static func long(_ column: ColumnID, _ index: Int) -> Self { .init(column: column, index: index, width: .bits64) }

  /// The argument's value as the call reads it.
  func value(of register: UInt64) -> Int64 {
    switch width {
    case .signed32: Int64(Int32(truncatingIfNeeded: register))
    case .unsigned32: Int64(UInt32(truncatingIfNeeded: register))
    case .bits64: Int64(bitPattern: register)
    }
  }
}

extension CallRecipe {
  /// The row of the probes' own table.
  var record: at_recipe {
    at_recipe(
      form: form.rawValue, lane: lane.rawValue, failure_lane: failureLane.rawValue, flags: UInt8(flags), path: path,
      directory: directory, second_path: secondPath, second_directory: secondDirectory, descriptor: descriptor,
      address: address, address_length: addressLength, count: count, vector: vector, offset: offset, message: message,
      pair: pair)
  }
}

/// The recipes by (abi, number), in the order of the probes' table.
struct RecipeTable: Sendable {
  private var recipes: [CallRecipe?]
  /// What most events need of a recipe, without its arrays: nothing to retain and release.
  private var outlines: [Outline]

  struct Outline: Sendable {
    var kind: EventKind
    /// Nil where the call has no recipe.
    var form: CallRecipe.Form?
  }

  /// Resolves every recipe's names for every binary interface; a name that an interface lacks is left out there.
  init(_ declared: [CallRecipe] = CallRecipe.all) {
    recipes = Array(repeating: nil, count: Int(AT_ABI_COUNT.rawValue) * Int(AT_CALLS_PER_ABI))
    outlines = Array(repeating: Self.none, count: recipes.count)
    for recipe in declared {
      for name in recipe.names {
        for abi in 0..<UInt8(AT_ABI_COUNT.rawValue) {
          guard let call = SystemCallTable.call(named: name, abi: abi) else { continue }
          var resolved = recipe
          let isCompat = abi == UInt8(AT_ABI_I386.rawValue) || abi == UInt8(AT_ABI_ARM.rawValue)
          if isCompat { resolved.flags |= UInt32(AT_RECIPE_COMPAT) }
          recipes[Self.index(of: call)] = resolved
          outlines[Self.index(of: call)] = Outline(kind: resolved.kind, form: resolved.form)
        }
      }
    }
  }

  static func index(of call: SystemCall) -> Int { Int(call.abi) * Int(AT_CALLS_PER_ABI) + Int(call.number) }

  subscript(call: SystemCall) -> CallRecipe? {
    let index = Self.index(of: call)
    return index < recipes.count ? recipes[index] : nil
  }

  private static let none = Outline(kind: .call, form: nil)

  private static let signalReturns = [AT_ABI_X86_64, AT_ABI_ARM64].map { abi in
    SystemCallTable.call(named: "rt_sigreturn", abi: UInt8(abi.rawValue))
  }

  /// The one call that returns from a signal handler; nil for an interface that has two.
  func signalReturn(abi: UInt8) -> SystemCall? { Self.signalReturns.lazy.compactMap { $0 }.first { $0.abi == abi } }

  /// The recipe's kind and form; a plain call where there is none.
  func outline(of call: SystemCall?) -> Outline {
    guard let call else { return Self.none }
    let index = Self.index(of: call)
    return index < outlines.count ? outlines[index] : Self.none
  }

  /// What goes into the probes' table: position and row of each call that has a recipe.
  var records: [(index: UInt32, record: at_recipe)] {
    recipes.enumerated().compactMap { index, recipe in recipe.map { (UInt32(index), $0.record) } }
  }
}
