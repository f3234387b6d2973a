// The Python module: arrays in, views to the kernels with the interpreter lock released, arrays
// out. What each function promises stands in segment_kernels.pyi.

#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "checks.hpp"
#include "hard_nms.hpp"
#include "matching.hpp"
#include "numpy_arguments.hpp"
#include "overlap.hpp"
#include "soft_nms.hpp"
#include "voting.hpp"

namespace segment_kernels {
namespace {

template <typename T>
py::array tiou_of(const py::array& a_array, const py::array& b_array) {
  const SegmentArgument<T> a(a_array, "a"), b(b_array, "b");
  py::array_t<T> result({a.view().size, b.view().size});
  T* out = result.mutable_data();
  {
    const py::gil_scoped_release unlocked;
    check_segments(a.view(), "a");
    check_segments(b.view(), "b");
    tiou_matrix(a.view(), b.view(), out);
  }
  return result;
}

py::array tiou_arrays(const py::array& a, const py::array& b) {
  return is_float32(a) && is_float32(b) ? tiou_of<float>(a, b) : tiou_of<double>(a, b);
}

template <typename T>
py::array_t<Index> nms_of(const py::array& segment_array, const py::array& score_array,
                          double iou_threshold) {
  const SegmentArgument<T> segments(segment_array, "segments");
  const ValueArgument<T> scores(score_array, "scores");
  std::vector<Index> kept;
  {
    const py::gil_scoped_release unlocked;
    check_segments(segments.view(), "segments");
    check_length(scores.view().size, segments.view().size, "scores", "segments");
    check_finite(scores.view(), "scores");
    check_fraction(iou_threshold, "iou_threshold");
    kept = hard_nms(segments.view(), scores.view(), static_cast<T>(iou_threshold));
  }
  return to_numpy(kept);
}

py::array_t<Index> nms_arrays(const py::array& segments, const py::array& scores,
                               double iou_threshold) {
  return is_float32(segments) && is_float32(scores)
             ? nms_of<float>(segments, scores, iou_threshold)
             : nms_of<double>(segments, scores, iou_threshold);
}

Method method_named(const std::string& name) {
  if (name == "hard") return Method::hard;
  if (name == "linear") return Method::linear;
  if (name == "gaussian") return Method::gaussian;
  throw std::invalid_argument("method must be 'hard', 'linear' or 'gaussian', not '" + name + "'");
}

template <typename T>
py::tuple soft_nms_of(const py::array& segment_array, const py::array& score_array,
                      const py::array& label_array, double iou_threshold, double sigma,
                      double min_score, const std::string& method,
                      std::optional<Index> max_per_video) {
  const SegmentArgument<T> segments(segment_array, "segments");
  const ValueArgument<T> scores(score_array, "scores");
  const LabelArgument labels(label_array, "labels");
  Kept<T> kept;
  {
    const py::gil_scoped_release unlocked;
    const std::size_t count = segments.view().size;
    check_segments(segments.view(), "segments");
    check_length(scores.view().size, count, "scores", "segments");
    check_weights(scores.view(), "scores");
    check_length(labels.view().size, count, "labels", "segments");
    check_fraction(iou_threshold, "iou_threshold");
    if (!(sigma > 0.0) || !std::isfinite(sigma)) {
      throw std::invalid_argument("sigma must be positive");
    }
    if (!std::isfinite(min_score)) throw std::invalid_argument("min_score must be finite");
    if (max_per_video && *max_per_video < 0) {
      throw std::invalid_argument("max_per_video must not be negative");
    }
    const Decay<T> decay{method_named(method), static_cast<T>(iou_threshold),
                         static_cast<T>(sigma), static_cast<T>(min_score)};
    const std::size_t limit =
        max_per_video ? std::min(count, static_cast<std::size_t>(*max_per_video)) : count;
    kept = soft_nms(segments.view(), scores.view(), labels.view(), decay, limit);
  }
  return py::make_tuple(to_numpy(kept.rows), to_numpy(kept.scores));
}

py::tuple soft_nms_arrays(const py::array& segments, const py::array& scores,
                          const py::array& labels, double iou_threshold, double sigma,
                          double min_score, const std::string& method,
                          std::optional<Index> max_per_video) {
  return is_float32(segments) && is_float32(scores)
             ? soft_nms_of<float>(segments, scores, labels, iou_threshold, sigma, min_score, method,
                                  max_per_video)
             : soft_nms_of<double>(segments, scores, labels, iou_threshold, sigma, min_score,
                                   method, max_per_video);
}

Weighting weighting_named(const std::string& name) {
  if (name == "iou_score") return Weighting::iou_score;
  if (name == "score") return Weighting::score;
  throw std::invalid_argument("weighting must be 'iou_score' or 'score', not '" + name + "'");
}

template <typename T>
py::array vote_of(const py::array& kept_array, const py::array& segment_array,
                  const py::array& score_array, double iou_threshold,
                  const std::string& weighting) {
  const SegmentArgument<T> kept(kept_array, "kept"), segments(segment_array, "segments");
  const ValueArgument<T> scores(score_array, "scores");
  py::array_t<T> result({kept.view().size, std::size_t{2}});
  T* out = result.mutable_data();
  {
    const py::gil_scoped_release unlocked;
    check_segments(kept.view(), "kept");
    check_segments(segments.view(), "segments");
    check_length(scores.view().size, segments.view().size, "scores", "segments");
    check_weights(scores.view(), "scores");
    check_fraction(iou_threshold, "iou_threshold");
    vote(kept.view(), segments.view(), scores.view(), static_cast<T>(iou_threshold),
         weighting_named(weighting), out);
  }
  return result;
}

py::array vote_arrays(const py::array& kept, const py::array& segments, const py::array& scores,
                      double iou_threshold, const std::string& weighting) {
  return is_float32(kept) && is_float32(segments) && is_float32(scores)
             ? vote_of<float>(kept, segments, scores, iou_threshold, weighting)
             : vote_of<double>(kept, segments, scores, iou_threshold, weighting);
}

py::tuple match_arrays(const py::array& truth_array, const py::array& truth_group_array,
                       const py::array& found_array, const py::array& found_group_array,
                       const py::array& score_array, const py::array& threshold_array) {
  const SegmentArgument<double> truth(truth_array, "truth"), found(found_array, "found");
  const LabelArgument truth_groups(truth_group_array, "truth_groups");
  const LabelArgument found_groups(found_group_array, "found_groups");
  const ValueArgument<double> scores(score_array, "scores");
  const ValueArgument<double> thresholds(threshold_array, "thresholds");
  py::array_t<Index> hits({thresholds.view().size, found.view().size});
  Index* out = hits.mutable_data();
  std::vector<Index> order;
  {
    const py::gil_scoped_release unlocked;
    check_segments(truth.view(), "truth");
    check_length(truth_groups.view().size, truth.view().size, "truth_groups", "truths");
    check_segments(found.view(), "found");
    check_length(found_groups.view().size, found.view().size, "found_groups", "found segments");
    check_length(scores.view().size, found.view().size, "scores", "found segments");
    check_finite(scores.view(), "scores");
    for (std::size_t k = 0; k < thresholds.view().size; ++k) {
      if (!(thresholds.view()[k] > 0.0 && thresholds.view()[k] <= 1.0)) {
        throw std::invalid_argument("thresholds must lie above 0 and not above 1");
      }
    }
    order = by_falling_score(scores.view());
    match(truth.view(), truth_groups.view(), found.view(), found_groups.view(), order,
          thresholds.view(), out);
  }
  return py::make_tuple(to_numpy(order), hits);
}

}  // namespace

PYBIND11_MODULE(segment_kernels, module) {
  module.doc() = "Hot loops over temporal segments.";
  module.def("tiou", &tiou_arrays, py::arg("a"), py::arg("b"),
             "(n, 2) and (m, 2) segments -> (n, m) temporal intersection over union.");
  module.def("nms", &nms_arrays, py::arg("segments"), py::arg("scores"), py::kw_only(),
             py::arg("iou_threshold"),
             "Rows of the segments that hard NMS keeps, by falling score.");
  module.def("soft_nms", &soft_nms_arrays, py::arg("segments"), py::arg("scores"),
             py::arg("labels"), py::kw_only(), py::arg("iou_threshold"), py::arg("sigma"),
             py::arg("min_score"), py::arg("method"), py::arg("max_per_video"),
             "Soft-NMS within each label: kept rows and decayed scores, by falling score.");
  module.def("vote", &vote_arrays, py::arg("kept"), py::arg("segments"), py::arg("scores"),
             py::kw_only(), py::arg("iou_threshold"), py::arg("weighting"),
             "Kept segments, each moved to the weighted mean of those that overlap it.");
  module.def("match", &match_arrays, py::arg("truth"), py::arg("truth_groups"), py::arg("found"),
             py::arg("found_groups"), py::arg("scores"), py::arg("thresholds"),
             "Order of the found segments by falling score, and the truth each takes.");
}

}  // namespace segment_kernels
