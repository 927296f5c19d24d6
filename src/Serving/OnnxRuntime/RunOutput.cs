using Krewe.Abstractions.Tensors;

namespace Krewe.Serving.OnnxRuntime;

/// <summary>One output of a run. <see cref="Owner"/> has one holder, whoever ran.</summary>
internal readonly record struct RunOutput(TensorType Type, long[] Shape, ReadOnlyMemory<byte> Data, SharedBuffer Owner);
