#include "pacedns/app/command_line.hpp"

int main(int argc, char** argv) {
  return pacedns::app::run_command_line(argc, argv);
}
