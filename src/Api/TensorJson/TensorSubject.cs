using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Tensors;

namespace Krewe.Api.TensorJson;

/// <summary>The tensor whose data is read; errors name it.</summary>
internal readonly ref struct TensorSubject(string input, TensorType type, ReadOnlySpan<long> shape)
{
    /// <summary>The tensor's description, created only for errors.</summary>
    public string Name => $"input '{ErrorText.Quote(input)}'";

    /// <summary>The element type.</summary>
    public TensorType Type { get; } = type;

    /// <summary>The dimensions, none negative.</summary>
    public ReadOnlySpan<long> Shape { get; } = shape;
}
