using System.Collections.Immutable;
using Krewe.Abstractions;

namespace Krewe.Serving;

/// <summary>
/// An input or output as a <c>config.pbtxt</c> declares it; a part left out is null. <see cref="Dims"/> always have the batch
/// dimension, also where the file leaves it out. -1 is a free dimension.
/// </summary>
internal sealed record TensorDeclaration(string Name, TensorType? Type, ImmutableArray<long>? Dims);
