using System.Collections.Immutable;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Tensors;

namespace Krewe.Abstractions.Hosting;

/// <summary>The signature of a version. <see cref="Versions"/> lists all versions that the model serves.</summary>
public sealed record ModelMetadata(
    ModelId Model,
    ImmutableArray<ModelVersion> Versions,
    string Platform,
    ImmutableArray<TensorSpec> Inputs,
    ImmutableArray<TensorSpec> Outputs)
{
    /// <summary>The platform name reported for every ONNX model.</summary>
    public const string OnnxPlatform = "onnxruntime_onnx";
}
