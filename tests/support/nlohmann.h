// The one file that includes nlohmann-json, which only tests/support uses.
#pragma once

#include <nlohmann/json.hpp>
