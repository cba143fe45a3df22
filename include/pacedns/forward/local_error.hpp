#pragma once

#include <boost/system/error_code.hpp>

namespace pacedns::forward {

/// Whether a query could not be sent for something that we lack ourselves: that is no news about the
/// upstream.
[[nodiscard]] bool is_local(boost::system::error_code error);

}  // namespace pacedns::forward
