#pragma once

// What the service manager is told (sd_notify(3)). Each call does nothing when there is none.

namespace pacedns::app {

/// All addresses are bound and queries are answered; also ends a reload.
void notify_ready();
void notify_reloading();
void notify_stopping();

}  // namespace pacedns::app
