using Krewe.Abstractions.Tensors;

namespace Krewe.Serving.OnnxRuntime;

/// <summary>What a run reads of one input: element type, shape, and the bytes in the form of <see cref="Tensor.Data"/>.</summary>
internal readonly record struct TensorData(TensorType Type, long[] Shape, ReadOnlyMemory<byte> Data);
