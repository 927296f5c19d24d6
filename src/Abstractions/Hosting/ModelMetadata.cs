using System.Collections.Immutable;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Tensors;

namespace Krewe.Abstractions.Hosting;

/// <summary>What a caller needs to know to call a version. <see cref="Versions"/> are all that the model serves.</summary>
public sealed record ModelMetadata(
    ModelId Model,
    ImmutableArray<ModelVersion> Versions,
    string Platform,
    ImmutableArray<TensorSpec> Inputs,
    ImmutableArray<TensorSpec> Outputs)
{
    /// <summary>The platform of every ONNX model.</summary>
    public const string OnnxPlatform = "onnxruntime_onnx";
}
