using Krewe.Abstractions.Tensors;

namespace Krewe.Serving.OnnxRuntime;

/// <summary>One input of a run: element type, shape, and bytes in the form of <see cref="Tensor.Data"/>.</summary>
internal readonly record struct TensorData(TensorType Type, long[] Shape, ReadOnlyMemory<byte> Data);
