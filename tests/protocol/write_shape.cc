// write_shape DESCRIPTOR_SET: prints its shape, for previous.shape.txt.
#include <fstream>
#include <iostream>

#include "tests/protocol/shape.h"

int main(int argc, char** argv) {
  std::ifstream in(argc > 1 ? argv[1] : "", std::ios::binary);
  google::protobuf::FileDescriptorSet files;
  if (!in || !files.ParseFromIstream(&in)) {
    std::cerr << "write_shape DESCRIPTOR_SET\n";
    return 2;
  }
  for (const std::string& line : guestbridge::protocol::ShapeOf(files)) {
    std::cout << line << "\n";
  }
  return 0;
}
