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
  /// The argument with the buffer of what is transferred, and ``given`` where the process gives it.
  var payload: UInt8 = 0
  static let given = UInt8(AT_PAYLOAD_GIVEN)
  static let messages = UInt8(AT_PAYLOAD_MESSAGES)
  /// Strings that are no paths.
  var text: UInt8 = 0
  var secondText: UInt8 = 0
  var thirdText: UInt8 = 0
  var secondDescriptor: UInt8 = 0
  /// A struct, or `bytesLength` elements of it, each of `bytesUnit` bytes.
  var bytes: UInt8 = 0
  var bytesUnit: UInt8 = 0
  var bytesLength: UInt8 = 0
  var more: UInt32 = 0
  var choice: Choice?
  /// What the strings are called: ``text``, ``secondText``, ``thirdText``.
  var textColumns: [ColumnID] = []
  /// How the struct is read.
  var layout: StructLayout?
  /// The interfaces whose registers hold the arguments in these places: 64-bit numbers take two of a 32-bit one.
  var width: InterfaceWidth = .any
  /// Raw arguments that become columns of the event.
  var arguments: [Argument] = []

  struct Argument: Sendable {
    var column: ColumnID
    var index: Int
    /// Registers are 64 bits wide; what the call reads of them is this.
    var width: Width
    enum Width: Sendable { case signed32, unsigned32, bits64 }
  }

  /// What one argument decides.
  struct Choice: Sendable {
    var argument: UInt8
    var flag: UInt32
    var values: UInt64

    /// Taken apart only where the argument has one of these bits; else raw and in the detail lane.
    static func hasBits(_ bits: UInt64, in argument: UInt8) -> Self {
      Self(argument: argument, flag: UInt32(AT_MORE_CHOICE_BITS), values: bits)
    }

    /// Taken apart only where the argument is in the range; else raw and in the detail lane.
    static func isIn(_ range: ClosedRange<UInt32>, _ argument: UInt8) -> Self {
      Self(
        argument: argument, flag: UInt32(AT_MORE_CHOICE_RANGE),
        values: UInt64(range.lowerBound) | UInt64(range.upperBound - range.lowerBound) << 32)
    }

    /// Always taken apart, and in the detail lane where the argument is none of these.
    static func lane(_ values: [UInt64], by argument: UInt8) -> Self {
      Self(
        argument: argument, flag: UInt32(AT_MORE_CHOICE_LANE),
        values: values.reduce(0) { $0 | 1 << (($1 ^ $1 >> 8) & 63) })
    }
  }

  enum InterfaceWidth: Sendable {
    case any, only64, only32

    func includes(isCompat: Bool) -> Bool { self == .any || isCompat == (self == .only32) }
  }

  /// Only the registers are told, and as what they mean.
  var isTyped: Bool { form == .call && kind != .call && flags & UInt32(AT_RECIPE_DROP_SUCCESS) == 0 }

  /// What the bytes behind a pointer are.
  enum StructLayout: Sendable {
    case capabilities, groups, limits, mountAttributes, option, times, performance, character
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
      address: address, address_length: addressLength, count: bytes == 0 ? count : bytesUnit, vector: vector,
      offset: offset, message: message, pair: pair, text: text, second_text: secondText, third_text: thirdText,
      second_descriptor: secondDescriptor, bytes: bytes, bytes_length: bytesLength,
      more: UInt8(more | (choice?.flag ?? 0)), choice: choice?.argument ?? 0, choices: choice?.values ?? 0,
      payload: payload,
      unused: (0, 0, 0, 0, 0, 0, 0))
  }
}

/// The recipes by (abi, number), in the order of the probes' table.
struct RecipeTable: Sendable {
  private var recipes: [CallRecipe?]
  /// What events need of a recipe, without its arrays: nothing to retain and release for each.
  private var outlines: [Outline]
  /// Of all recipes; an outline says which are its own.
  private var arguments: [CallRecipe.Argument] = []
  private var textColumns: [ColumnID] = []

  struct Outline: Sendable {
    var kind: EventKind
    /// Nil where the call has no recipe.
    var form: CallRecipe.Form?
    var isTyped: Bool
    /// Indexes of arguments, from 1; 0 is none.
    var descriptor: UInt8 = 0
    var directory: UInt8 = 0
    var secondDirectory: UInt8 = 0
    var layout: CallRecipe.StructLayout?
    fileprivate var firstArgument = 0
    fileprivate var argumentCount = 0
    fileprivate var firstText = 0
    fileprivate var textCount = 0
  }

  /// Resolves every recipe's names for every binary interface; a name that an interface lacks is left out there.
  init(_ declared: [CallRecipe] = CallRecipe.all) {
    recipes = Array(repeating: nil, count: Int(AT_ABI_COUNT.rawValue) * Int(AT_CALLS_PER_ABI))
    outlines = Array(repeating: Self.none, count: recipes.count)
    for recipe in declared {
      let (firstArgument, firstText) = (arguments.count, textColumns.count)
      arguments += recipe.arguments
      textColumns += recipe.textColumns
      for name in recipe.names {
        for abi in 0..<UInt8(AT_ABI_COUNT.rawValue) {
          guard let call = SystemCallTable.call(named: name, abi: abi) else { continue }
          var resolved = recipe
          let isCompat = abi == UInt8(AT_ABI_I386.rawValue) || abi == UInt8(AT_ABI_ARM.rawValue)
          guard recipe.width.includes(isCompat: isCompat) else { continue }
          // x32's own numbers are those of calls with 32-bit layouts.
          let isOfX32 = abi == UInt8(AT_ABI_X32.rawValue) && call.number >= 512
          if isCompat || isOfX32 { resolved.flags |= UInt32(AT_RECIPE_COMPAT) }
          recipes[Self.index(of: call)] = resolved
          outlines[Self.index(of: call)] = Outline(
            kind: resolved.kind, form: resolved.form, isTyped: resolved.isTyped, descriptor: resolved.descriptor,
            directory: resolved.directory, secondDirectory: resolved.secondDirectory, layout: resolved.layout,
            firstArgument: firstArgument, argumentCount: recipe.arguments.count, firstText: firstText,
            textCount: recipe.textColumns.count)
        }
      }
    }
  }

  static func index(of call: SystemCall) -> Int { Int(call.abi) * Int(AT_CALLS_PER_ABI) + Int(call.number) }

  subscript(call: SystemCall) -> CallRecipe? {
    let index = Self.index(of: call)
    return index < recipes.count ? recipes[index] : nil
  }

  private static let none = Outline(kind: .call, form: nil, isTyped: false)

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

  /// Hands over the raw arguments that become columns of the event.
  @inline(__always)
  func forEachArgument(of outline: Outline, _ body: (CallRecipe.Argument) -> Void) {
    for index in outline.firstArgument..<outline.firstArgument + outline.argumentCount { body(arguments[index]) }
  }

  /// What the string in this place is called: ``CallRecipe/text`` is in place 0.
  func textColumn(of outline: Outline, _ place: Int) -> ColumnID? {
    place < outline.textCount ? textColumns[outline.firstText + place] : nil
  }

  /// Which argument of the call is the descriptor that it is made on; nil where none is, or the call has no recipe.
  func descriptorArgument(of call: SystemCall?) -> Int? {
    let argument = outline(of: call).descriptor
    return argument == 0 ? nil : Int(argument)
  }

  /// What goes into the probes' table: position and row of each call that has a recipe.
  var records: [(index: UInt32, record: at_recipe)] {
    recipes.enumerated().compactMap { index, recipe in recipe.map { (UInt32(index), $0.record) } }
  }
}
