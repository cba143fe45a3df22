#pragma once

#include <cstddef>
#include <string>

#include <boost/asio/buffer.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>

#include "pacedns/base/time.hpp"

namespace pacedns::control {

/// A blocking Unix stream socket each of whose operations ends after a while: with the error `timed_out`
/// when the other side does nothing. Reads and writes are what Beast's synchronous functions ask of a
/// stream. Asio's own sockets have no such limit when they block.
class UnixStream {
 public:
  UnixStream() = default;
  ~UnixStream();
  UnixStream(const UnixStream&) = delete;
  UnixStream& operator=(const UnixStream&) = delete;

  /// `patience` is the limit of this and of each later operation. Call it once.
  void connect(const std::string& path, Duration patience, boost::system::error_code& error);

  /// At the end of the stream the error is `boost::asio::error::eof`.
  template <typename Buffers>
  std::size_t read_some(const Buffers& buffers, boost::system::error_code& error) {
    return receive(first_of<boost::asio::mutable_buffer>(buffers), error);
  }

  template <typename Buffers>
  std::size_t write_some(const Buffers& buffers, boost::system::error_code& error) {
    return send(first_of<boost::asio::const_buffer>(buffers), error);
  }

  template <typename Buffers>
  std::size_t read_some(const Buffers& buffers) {
    boost::system::error_code error;
    const std::size_t size = read_some(buffers, error);
    if (error) throw boost::system::system_error(error);
    return size;
  }

  template <typename Buffers>
  std::size_t write_some(const Buffers& buffers) {
    boost::system::error_code error;
    const std::size_t size = write_some(buffers, error);
    if (error) throw boost::system::system_error(error);
    return size;
  }

 private:
  /// The first buffer that has room: one at a time is enough here.
  template <typename Buffer, typename Buffers>
  static Buffer first_of(const Buffers& buffers) {
    const auto end = boost::asio::buffer_sequence_end(buffers);
    for (auto each = boost::asio::buffer_sequence_begin(buffers); each != end; ++each) {
      const Buffer buffer(*each);
      if (buffer.size() != 0) return buffer;
    }
    return {};
  }

  std::size_t receive(boost::asio::mutable_buffer buffer, boost::system::error_code& error) const;
  std::size_t send(boost::asio::const_buffer buffer, boost::system::error_code& error) const;

  int descriptor_ = -1;
};

}  // namespace pacedns::control
