#pragma once

#include <vector>

namespace guestbridge::agent {

// Seconds that one unit of a method takes, learned from answers: a mean, and how far
// units differ within a request and requests from each other. One thread at a time.
class UnitTime {
 public:
  struct Sample {
    int units = 1;
    double seconds = 0;  // of all its units
  };

  // The commands of one answer.
  void Saw(const std::vector<Sample>& samples);

  bool known() const { return known_; }
  double mean() const { return mean_; }
  // The least mean of late; what comes much above it is a portal that slows.
  double best() const { return best_; }
  // What `units` will probably not exceed.
  double Likely(int units) const;
  // What `units` will hardly exceed, under way at the same time or in one request.
  double Upper(int units) const;

 private:
  bool known_ = false;
  double mean_ = 0.5;
  double within_ = 0;   // variance of a unit
  double between_ = 0;  // variance of the mean from request to request
  double peak_ = 0;     // the highest mean of late
  double best_ = 0;
  double fear_ = 0;  // of the mean: what it may become at once
  int seen_ = 0;     // units, as far as it matters
};

}  // namespace guestbridge::agent
