#include "pacedns/forward/local_error.hpp"

#include <boost/asio/error.hpp>
#include <gtest/gtest.h>

namespace pacedns::forward {
namespace {

namespace error = boost::asio::error;

TEST(LocalError, IsWhatWeLackOurselves) {
  for (const auto ours : {error::no_descriptors, error::no_memory, error::no_buffer_space, error::try_again})
    EXPECT_TRUE(is_local(ours)) << make_error_code(ours).message();
}

TEST(LocalError, WhatTheNetworkOrThePeerSaysIsNone) {
  for (const auto theirs : {error::connection_refused, error::connection_reset, error::host_unreachable,
                            error::network_unreachable, error::timed_out})
    EXPECT_FALSE(is_local(theirs)) << make_error_code(theirs).message();
  EXPECT_FALSE(is_local({}));
}

}  // namespace
}  // namespace pacedns::forward
