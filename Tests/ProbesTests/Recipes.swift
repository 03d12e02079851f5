import ProbeRecords

/// Calls of x86-64 as these tests need them; the recorder's own table comes from its catalogue.
enum Call {
  static let read = 0, write = 1, open = 2, close = 3, dup = 32, dup2 = 33, connect = 42, socketpair = 53, clone = 56
  static let fork = 57, vfork = 58, execve = 59, rename = 82, unlink = 87, openat = 257, unlinkat = 263, renameat = 264
  static let writev = 20, pipe = 22, pipe2 = 293, renameat2 = 316, clone3 = 435, getppid = 110, sendmsg = 46

  static let recipes: [(number: Int, recipe: at_recipe)] = [
    (
      read,
      transfer {
        $0.descriptor = 1
        $0.count = 3
      }
    ),
    (
      write,
      transfer {
        $0.descriptor = 1
        $0.count = 3
      }
    ),
    (
      writev,
      transfer {
        $0.descriptor = 1
        $0.vector = 2
        $0.count = 3
      }
    ),
    (close, descriptor { $0.descriptor = 1 }),
    (
      dup,
      descriptor {
        $0.descriptor = 1
        $0.flags = UInt8(AT_RECIPE_RESULT_DESCRIPTOR)
      }
    ),
    (
      dup2,
      descriptor {
        $0.descriptor = 1
        $0.flags = UInt8(AT_RECIPE_RESULT_DESCRIPTOR)
      }
    ),
    (open, opening { $0.path = 1 }),
    (
      openat,
      opening {
        $0.path = 2
        $0.directory = 1
      }
    ),
    (
      connect,
      detailed {
        $0.descriptor = 1
        $0.address = 2
        $0.address_length = 3
        $0.more = UInt8(AT_MORE_OUTCOME)
      }
    ),
    (
      rename,
      detailed {
        $0.path = 1
        $0.second_path = 2
      }
    ),
    (
      renameat,
      detailed {
        $0.path = 2
        $0.directory = 1
        $0.second_path = 4
        $0.second_directory = 3
      }
    ),
    (
      renameat2,
      detailed {
        $0.path = 2
        $0.directory = 1
        $0.second_path = 4
        $0.second_directory = 3
      }
    ),
    (unlink, detailed { $0.path = 1 }),
    (pipe, detailed { $0.pair = 1 }),
    (pipe2, detailed { $0.pair = 1 }),
    (socketpair, detailed { $0.pair = 4 }),
    (clone, told), (fork, told), (vfork, told), (clone3, told), (execve, told),
  ]

  private static let told = detailed { $0.flags = UInt8(AT_RECIPE_DROP_SUCCESS) }

  private static func transfer(_ change: (inout at_recipe) -> Void) -> at_recipe {
    make(AT_FORM_TRANSFER, AT_LANE_DETAIL, change)
  }
  private static func descriptor(_ change: (inout at_recipe) -> Void) -> at_recipe {
    make(AT_FORM_DESCRIPTOR, AT_LANE_DETAIL, change)
  }
  private static func detailed(_ change: (inout at_recipe) -> Void) -> at_recipe {
    make(AT_FORM_DETAILED, AT_LANE_ACTIVITY, change)
  }
  private static func opening(_ change: (inout at_recipe) -> Void) -> at_recipe {
    var recipe = detailed(change)
    recipe.flags = UInt8(AT_RECIPE_RESULT_DESCRIPTOR | AT_RECIPE_WRITE_OPEN)
    return recipe
  }
  private static func make(_ form: at_form, _ lane: at_lane, _ change: (inout at_recipe) -> Void) -> at_recipe {
    var recipe = at_recipe()
    recipe.form = UInt8(form.rawValue)
    recipe.lane = UInt8(lane.rawValue)
    recipe.failure_lane = UInt8(AT_LANE_ACTIVITY.rawValue)
    change(&recipe)
    return recipe
  }
}
