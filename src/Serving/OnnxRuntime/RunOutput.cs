using Krewe.Abstractions.Tensors;

namespace Krewe.Serving.OnnxRuntime;

/// <summary>One output of a run. The caller of the run holds the only reference to <see cref="Owner"/>.</summary>
internal readonly record struct RunOutput(TensorType Type, long[] Shape, ReadOnlyMemory<byte> Data, SharedBuffer Owner);
