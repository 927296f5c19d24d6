using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Tensors;

namespace Krewe.Api.TensorJson;

/// <summary>What tensor data is being read for; messages name the input.</summary>
internal readonly ref struct TensorSubject(string input, TensorType type, ReadOnlySpan<long> shape)
{
    /// <summary>The tensor in words; made only when something is wrong.</summary>
    public string Name => $"input '{ErrorText.Quote(input)}'";

    /// <summary>The element type.</summary>
    public TensorType Type { get; } = type;

    /// <summary>The dimensions, none negative.</summary>
    public ReadOnlySpan<long> Shape { get; } = shape;
}
