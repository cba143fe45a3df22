#include "pacedns/forward/local_error.hpp"

#include <boost/system/errc.hpp>

namespace pacedns::forward {

bool is_local(boost::system::error_code error) {
  namespace errc = boost::system::errc;
  return error == errc::too_many_files_open || error == errc::too_many_files_open_in_system ||
         error == errc::not_enough_memory || error == errc::no_buffer_space ||
         error == errc::address_not_available || error == errc::resource_unavailable_try_again;
}

}  // namespace pacedns::forward
