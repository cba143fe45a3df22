#pragma once

#include <map>
#include <memory>
#include <string>

namespace pacedns {

/// Which object is whose, by an identity that outlives a reload. Used by the thread that loads
/// configurations; what it hands out may be used by all that the type allows.
template <typename T>
class SharedTable {
 public:
  /// The one of this identity: that which is known already as long as anybody uses it.
  [[nodiscard]] std::shared_ptr<T> of(const std::string& identity) {
    std::erase_if(known_, [](const auto& entry) { return entry.second.expired(); });
    auto& known = known_[identity];
    auto kept = known.lock();
    if (!kept) known = kept = std::make_shared<T>();
    return kept;
  }

 private:
  std::map<std::string, std::weak_ptr<T>> known_;
};

}  // namespace pacedns
