#include "probe_records.h"
