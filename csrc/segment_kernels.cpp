// Hot loops over temporal segments, on numpy arrays of float32 or float64.
//
// The arithmetic and the order of results are those of the NMS of ActionFormer
// (happyharrycn/actionformer_release), ties included: areas carry the same 1e-6, soft-NMS takes
// the first maximum of an array that it permutes, hard NMS keeps the lower index among equals.

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace py = pybind11;

namespace {

template <typename T>
using Array = py::array_t<T, py::array::c_style | py::array::forcecast>;
using Index = std::int64_t;
using Indices = py::array_t<Index>;

enum class Method { hard, linear, gaussian };

Method method_named(const std::string& name) {
  if (name == "hard") return Method::hard;
  if (name == "linear") return Method::linear;
  if (name == "gaussian") return Method::gaussian;
  throw py::value_error("method must be 'hard', 'linear' or 'gaussian', not '" + name + "'");
}

template <typename T>
void check_segments(const Array<T>& segments, const std::string& argument) {
  if (segments.ndim() != 2 || segments.shape(1) != 2) {
    throw py::value_error(argument + " must have the shape (n, 2)");
  }
  const T* values = segments.data();
  for (py::ssize_t i = 0; i < segments.shape(0); ++i) {
    if (!std::isfinite(values[2 * i]) || !std::isfinite(values[2 * i + 1])) {
      throw py::value_error(argument + " must be finite; row " + std::to_string(i) + " is not");
    }
    if (values[2 * i + 1] < values[2 * i]) {
      throw py::value_error(argument + " must end after they start; row " + std::to_string(i) +
                            " does not");
    }
  }
}

template <typename T>
void check_scores(const Array<T>& scores, py::ssize_t count) {
  if (scores.ndim() != 1 || scores.shape(0) != count) {
    throw py::value_error("scores must have the shape (n,), one for each of the segments");
  }
  for (py::ssize_t i = 0; i < count; ++i) {
    if (!std::isfinite(scores.data()[i])) {
      throw py::value_error("scores must be finite; row " + std::to_string(i) + " is not");
    }
  }
}

void check_fraction(double value, const std::string& argument) {
  if (!(value >= 0.0 && value <= 1.0)) {
    throw py::value_error(argument + " must lie between 0 and 1");
  }
}

bool is_float32(const py::array& array) { return py::isinstance<py::array_t<float>>(array); }

template <typename T>
Array<T> as(const py::array& array, const std::string& argument) {
  const char kind = array.dtype().kind();
  if (kind != 'f' && kind != 'i' && kind != 'u') {
    throw py::value_error(argument + " must be numbers");
  }
  return Array<T>::ensure(array);
}

Indices to_numpy(const std::vector<Index>& values) {
  return Indices(static_cast<py::ssize_t>(values.size()), values.data());
}

// ---------------------------------------------------------------------------------------------

template <typename T>
py::array tiou_of(const py::array& a_any, const py::array& b_any) {
  const Array<T> a = as<T>(a_any, "a");
  const Array<T> b = as<T>(b_any, "b");
  check_segments(a, "a");
  check_segments(b, "b");
  const py::ssize_t rows = a.shape(0), columns = b.shape(0);
  py::array_t<T> result({rows, columns});
  const T* first = a.data();
  const T* second = b.data();
  T* out = result.mutable_data();
  {
    py::gil_scoped_release unlocked;
    for (py::ssize_t i = 0; i < rows; ++i) {
      const T start = first[2 * i], end = first[2 * i + 1];
      for (py::ssize_t j = 0; j < columns; ++j) {
        const T other_start = second[2 * j], other_end = second[2 * j + 1];
        const T shared =
            std::max(T(0), std::min(end, other_end) - std::max(start, other_start));
        const T whole = (end - start) + (other_end - other_start) - shared;
        out[i * columns + j] = whole > T(0) ? shared / whole : T(0);
      }
    }
  }
  return result;
}

py::array tiou(const py::array& a, const py::array& b) {
  return is_float32(a) && is_float32(b) ? tiou_of<float>(a, b) : tiou_of<double>(a, b);
}

// ---------------------------------------------------------------------------------------------

template <typename T>
Indices nms_of(const py::array& segments_any, const py::array& scores_any, double iou_threshold) {
  const Array<T> segments = as<T>(segments_any, "segments");
  const Array<T> scores = as<T>(scores_any, "scores");
  check_segments(segments, "segments");
  check_scores(scores, segments.shape(0));
  check_fraction(iou_threshold, "iou_threshold");
  const T* segment = segments.data();
  const T* score = scores.data();
  const std::size_t count = static_cast<std::size_t>(segments.shape(0));
  const T threshold = static_cast<T>(iou_threshold);
  std::vector<Index> kept;
  {
    py::gil_scoped_release unlocked;
    std::vector<std::size_t> order(count);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t i, std::size_t j) { return score[i] > score[j]; });
    std::vector<bool> suppressed(count, false);
    for (std::size_t rank = 0; rank < count; ++rank) {
      const std::size_t i = order[rank];
      if (suppressed[i]) continue;
      kept.push_back(static_cast<Index>(i));
      const T start = segment[2 * i], end = segment[2 * i + 1];
      const T area = end - start + T(1e-6);
      for (std::size_t later = rank + 1; later < count; ++later) {
        const std::size_t j = order[later];
        if (suppressed[j]) continue;
        const T shared =
            std::max(T(0), std::min(end, segment[2 * j + 1]) - std::max(start, segment[2 * j]));
        const T other_area = segment[2 * j + 1] - segment[2 * j] + T(1e-6);
        if (shared / (area + other_area - shared) >= threshold) suppressed[j] = true;
      }
    }
  }
  return to_numpy(kept);
}

Indices nms(const py::array& segments, const py::array& scores, double iou_threshold) {
  return is_float32(segments) && is_float32(scores) ? nms_of<float>(segments, scores, iou_threshold)
                                                    : nms_of<double>(segments, scores, iou_threshold);
}

// ---------------------------------------------------------------------------------------------

template <typename T>
struct Candidate {
  T start, end, area, score;
  Index index;
};

// The candidates of one class while soft-NMS runs: [0, kept) are done, [kept, live) still compete.
template <typename T>
struct ClassQueue {
  std::vector<Candidate<T>> candidates;
  std::size_t kept = 0;
  std::size_t live = 0;

  void bring_best_forward() {
    std::size_t best = kept;
    for (std::size_t i = kept + 1; i < live; ++i) {
      if (candidates[best].score < candidates[i].score) best = i;
    }
    std::swap(candidates[kept], candidates[best]);
  }

  void take_best(Method method, T iou_threshold, T sigma, T min_score) {
    const Candidate<T> best = candidates[kept++];
    for (std::size_t i = kept; i < live; ++i) {
      Candidate<T>& other = candidates[i];
      const T shared =
          std::max(T(0), std::min(best.end, other.end) - std::max(best.start, other.start));
      if (shared > T(0) || iou_threshold <= T(0)) {
        const T overlap = shared / (best.area + other.area - shared);
        if (method == Method::gaussian) {
          other.score *= std::exp(-(overlap * overlap) / sigma);
        } else if (overlap >= iou_threshold) {
          other.score *= method == Method::hard ? T(0) : T(1) - overlap;
        }
      }
      if (other.score < min_score) {
        other = candidates[--live];
        --i;
      }
    }
    if (kept < live) bring_best_forward();
  }
};

template <typename T>
py::tuple soft_nms_of(const py::array& segments_any, const py::array& scores_any,
                      const py::array& labels_any, double iou_threshold, double sigma,
                      double min_score, const std::string& method_name,
                      std::optional<Index> max_per_video) {
  const Array<T> segments = as<T>(segments_any, "segments");
  const Array<T> scores = as<T>(scores_any, "scores");
  const char kind = labels_any.dtype().kind();
  if (kind != 'i' && kind != 'u') throw py::value_error("labels must be whole numbers");
  const Array<Index> labels = Array<Index>::ensure(labels_any);
  check_segments(segments, "segments");
  check_scores(scores, segments.shape(0));
  if (labels.ndim() != 1 || labels.shape(0) != segments.shape(0)) {
    throw py::value_error("labels must have the shape (n,), one for each of the segments");
  }
  check_fraction(iou_threshold, "iou_threshold");
  if (!(sigma > 0.0) || !std::isfinite(sigma)) throw py::value_error("sigma must be positive");
  if (!std::isfinite(min_score)) throw py::value_error("min_score must be finite");
  if (max_per_video && *max_per_video < 0) {
    throw py::value_error("max_per_video must not be negative");
  }
  const Method method = method_named(method_name);

  const std::size_t count = static_cast<std::size_t>(segments.shape(0));
  const std::size_t limit =
      max_per_video ? std::min(count, static_cast<std::size_t>(*max_per_video)) : count;
  const T* segment = segments.data();
  const T* score = scores.data();
  const Index* label = labels.data();
  std::vector<Index> kept;
  std::vector<T> kept_scores;
  {
    py::gil_scoped_release unlocked;
    std::map<Index, ClassQueue<T>> queues;
    for (std::size_t i = 0; i < count; ++i) {
      const T start = segment[2 * i], end = segment[2 * i + 1];
      queues[label[i]].candidates.push_back(
          {start, end, end - start + T(1e-6), score[i], static_cast<Index>(i)});
    }
    for (auto& [_, queue] : queues) {
      queue.live = queue.candidates.size();
      queue.bring_best_forward();
    }
    // Scores only ever decay, so the best of all classes' best comes out in falling order, and
    // the work can stop as soon as enough are kept.
    while (kept.size() < limit) {
      ClassQueue<T>* leader = nullptr;
      for (auto& [_, queue] : queues) {
        if (queue.kept < queue.live &&
            (leader == nullptr ||
             queue.candidates[queue.kept].score > leader->candidates[leader->kept].score)) {
          leader = &queue;
        }
      }
      if (leader == nullptr) break;
      kept.push_back(leader->candidates[leader->kept].index);
      kept_scores.push_back(leader->candidates[leader->kept].score);
      leader->take_best(method, static_cast<T>(iou_threshold), static_cast<T>(sigma),
                        static_cast<T>(min_score));
    }
  }
  return py::make_tuple(
      to_numpy(kept),
      py::array_t<T>(static_cast<py::ssize_t>(kept_scores.size()), kept_scores.data()));
}

py::tuple soft_nms(const py::array& segments, const py::array& scores, const py::array& labels,
                   double iou_threshold, double sigma, double min_score,
                   const std::string& method, std::optional<Index> max_per_video) {
  return is_float32(segments) && is_float32(scores)
             ? soft_nms_of<float>(segments, scores, labels, iou_threshold, sigma, min_score, method,
                                  max_per_video)
             : soft_nms_of<double>(segments, scores, labels, iou_threshold, sigma, min_score,
                                   method, max_per_video);
}

}  // namespace

PYBIND11_MODULE(segment_kernels, module) {
  module.doc() = "Overlap and non-maximum suppression of temporal segments.";
  module.def("tiou", &tiou, py::arg("a"), py::arg("b"),
             "(n, 2) and (m, 2) segments -> (n, m) temporal intersection over union.");
  module.def("nms", &nms, py::arg("segments"), py::arg("scores"), py::kw_only(),
             py::arg("iou_threshold"),
             "Indices of the segments that hard NMS keeps, by falling score.");
  module.def("soft_nms", &soft_nms, py::arg("segments"), py::arg("scores"), py::arg("labels"),
             py::kw_only(), py::arg("iou_threshold"), py::arg("sigma"), py::arg("min_score"),
             py::arg("method"), py::arg("max_per_video"),
             "Soft-NMS within each label: kept indices and decayed scores, by falling score.");
}
