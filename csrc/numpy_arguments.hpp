// Between numpy and the kernels' views: any strides, float32 or float64, any whole number type.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "views.hpp"

namespace segment_kernels {

namespace py = pybind11;

template <typename T>
using Array = py::array_t<T, py::array::c_style | py::array::forcecast>;

// Work is done in float32 only where all floating arrays of a call are float32.
inline bool is_float32(const py::array& array) {
  return py::isinstance<py::array_t<float>>(array);
}

template <typename T>
Array<T> numbers(const py::array& array, const char* argument) {
  const char kind = array.dtype().kind();
  if (kind != 'f' && kind != 'i' && kind != 'u') {
    throw std::invalid_argument(std::string(argument) + " must be numbers");
  }
  return Array<T>::ensure(array);
}

// (n, 2) start and end.
template <typename T>
class SegmentArgument {
 public:
  SegmentArgument(const py::array& array, const char* argument)
      : array_(numbers<T>(array, argument)) {
    if (array_.ndim() != 2 || array_.shape(1) != 2) {
      throw std::invalid_argument(std::string(argument) + " must have the shape (n, 2)");
    }
  }
  Segments<T> view() const { return {array_.data(), static_cast<std::size_t>(array_.shape(0))}; }

 private:
  Array<T> array_;
};

// (n,) numbers.
template <typename T>
class ValueArgument {
 public:
  ValueArgument(const py::array& array, const char* argument)
      : ValueArgument(argument, numbers<T>(array, argument)) {}
  View<T> view() const { return {array_.data(), static_cast<std::size_t>(array_.shape(0))}; }

 protected:
  ValueArgument(const char* argument, Array<T> array) : array_(std::move(array)) {
    if (array_.ndim() != 1) {
      throw std::invalid_argument(std::string(argument) + " must have the shape (n,)");
    }
  }

 private:
  Array<T> array_;
};

// (n,) whole numbers.
class LabelArgument : public ValueArgument<Index> {
 public:
  LabelArgument(const py::array& array, const char* argument)
      : ValueArgument<Index>(argument, whole_numbers(array, argument)) {}

 private:
  static Array<Index> whole_numbers(const py::array& array, const char* argument) {
    const char kind = array.dtype().kind();
    if (kind != 'i' && kind != 'u') {
      throw std::invalid_argument(std::string(argument) + " must be whole numbers");
    }
    return Array<Index>::ensure(array);
  }
};

template <typename T>
py::array_t<T> to_numpy(const std::vector<T>& values) {
  return py::array_t<T>(static_cast<py::ssize_t>(values.size()), values.data());
}

}  // namespace segment_kernels
