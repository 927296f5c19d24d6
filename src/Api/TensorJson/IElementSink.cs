namespace Krewe.Api.TensorJson;

/// <summary>Takes the elements of a tensor one after the other.</summary>
internal interface IElementSink
{
    /// <summary>Elements taken so far.</summary>
    long Count { get; }

    /// <summary>
    /// Reads the element at <paramref name="position"/> and moves past it; false where the type cannot hold what is there.
    /// </summary>
    bool TryRead(ReadOnlySpan<byte> json, ref int position);
}

/// <summary>How one element type is read from JSON; a static member, so that the loop over a tensor is compiled for its type.</summary>
internal interface IJsonElement<T>
    where T : unmanaged
{
    /// <summary>
    /// Reads the value at <paramref name="position"/> and moves past it; false (position anywhere) where there is none that
    /// this type can hold. What was wrong is found out later by <see cref="TensorDataFault"/>.
    /// </summary>
    static abstract bool TryRead(ReadOnlySpan<byte> json, ref int position, out T value);
}
