// Arguments that make no sense are refused with a message that begins with the argument's name.
// std::invalid_argument arrives in Python as ValueError.
#pragma once

#include <cmath>
#include <stdexcept>
#include <string>

#include "views.hpp"

namespace segment_kernels {

inline std::string row_of(std::size_t i) { return "row " + std::to_string(i); }

template <typename T>
void check_segments(const Segments<T>& segments, const char* argument) {
  for (std::size_t i = 0; i < segments.size; ++i) {
    // NaN, infinities and a length that overflows all show in the length.
    const T length = segments.end(i) - segments.start(i);
    if (!std::isfinite(length)) {
      throw std::invalid_argument(std::string(argument) + " must be finite; " + row_of(i) +
                                  " is not");
    }
    if (length < T(0)) {
      throw std::invalid_argument(std::string(argument) + " must end after they start; " +
                                  row_of(i) + " does not");
    }
  }
}

template <typename T>
void check_finite(const View<T>& values, const char* argument) {
  for (std::size_t i = 0; i < values.size; ++i) {
    if (!std::isfinite(values[i])) {
      throw std::invalid_argument(std::string(argument) + " must be finite; " + row_of(i) +
                                  " is not");
    }
  }
}

template <typename T>
void check_weights(const View<T>& values, const char* argument) {
  check_finite(values, argument);
  for (std::size_t i = 0; i < values.size; ++i) {
    if (values[i] < T(0)) {
      throw std::invalid_argument(std::string(argument) + " must not be negative; " + row_of(i) +
                                  " is");
    }
  }
}

inline void check_length(std::size_t length, std::size_t rows, const char* argument,
                         const char* of) {
  if (length != rows) {
    throw std::invalid_argument(std::string(argument) + " must have one value for each of the " +
                                std::to_string(rows) + " " + of + ", not " +
                                std::to_string(length));
  }
}

inline void check_fraction(double value, const char* argument) {
  if (!(value >= 0.0 && value <= 1.0)) {
    throw std::invalid_argument(std::string(argument) + " must lie between 0 and 1");
  }
}

}  // namespace segment_kernels
