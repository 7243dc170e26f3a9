#pragma once

namespace guestbridge::agent {

// How many requests may be under way: doubles with each round of answers until the
// portal first slows or fails, which halves it; from then on one more per round. Grows
// only while all places are taken. One thread at a time.
class Concurrency {
 public:
  explicit Concurrency(int most);

  int allowed() const { return allowed_; }
  // `in_flight`: requests under way when this one was answered, itself included.
  // `slow`: its units took much longer than those of late.
  void Answered(int in_flight, bool slow);
  // The portal gave no usable answer.
  void Failed();

 private:
  void Halve();

  const int most_;
  int allowed_;
  int ceiling_;    // below it growth doubles
  int heard_ = 0;  // answers since the last change, with all places taken
  int deaf_ = 0;   // answers that were under way when it was halved
};

}  // namespace guestbridge::agent
