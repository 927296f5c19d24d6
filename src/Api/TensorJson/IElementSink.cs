namespace Krewe.Api.TensorJson;

/// <summary>Receives the elements of a tensor in order.</summary>
internal interface IElementSink
{
    /// <summary>Elements read so far.</summary>
    long Count { get; }

    /// <summary>
    /// Reads the element at <paramref name="position"/> and advances it; false if the type cannot hold the value.
    /// </summary>
    bool TryRead(ReadOnlySpan<byte> json, ref int position);
}

/// <summary>Parses one element type from JSON; static abstract, so that the loop over a tensor is specialized per type.</summary>
internal interface IJsonElement<T>
    where T : unmanaged
{
    /// <summary>
    /// Parses the value at <paramref name="position"/> and advances it; false (position undefined) if there is no valid value.
    /// <see cref="TensorDataFault"/> finds the reason.
    /// </summary>
    static abstract bool TryRead(ReadOnlySpan<byte> json, ref int position, out T value);
}
