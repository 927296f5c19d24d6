using Krewe.Abstractions;

namespace Krewe.Serving;

/// <summary>One output of a run. <see cref="Owner"/> has one holder, whoever ran.</summary>
internal readonly record struct RunOutput(TensorType Type, long[] Shape, ReadOnlyMemory<byte> Data, SharedBuffer Owner);
