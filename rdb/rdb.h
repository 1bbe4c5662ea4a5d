// The whole library: all that a user of librdbferry, and cli/, needs.
#pragma once

#include "rdb/base/error.h"
#include "rdb/file/reader.h"
#include "rdb/file/writer.h"
#include "rdb/io/output.h"
#include "rdb/io/sink.h"
#include "rdb/io/source.h"
#include "rdb/io/wrap.h"
#include "rdb/stage/convert.h"
#include "rdb/stage/counts.h"
#include "rdb/stage/dump.h"
#include "rdb/stage/findings.h"
#include "rdb/stage/json.h"
#include "rdb/stage/survey.h"
#include "rdb/stage/target.h"
#include "rdb/value/sink.h"
#include "rdb/value/type.h"
