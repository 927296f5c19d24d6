using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Krewe.Serving.OnnxRuntime;

/// <summary>
/// Inputs of a version that ended a process, by their hash. They are refused for <see cref="Period"/>, so that sending one again and again
/// does not end one process after another. Thread-safe.
/// </summary>
internal sealed class SuspectInputs(TimeProvider time)
{
    private const int MaxCount = 1024;

    /// <summary>How long an input is refused.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<UInt128, long> added = new();

    /// <summary>True if it has none.</summary>
    public bool IsEmpty => added.IsEmpty;

    /// <summary>Remembers the inputs of a run; the oldest are forgotten if there are too many.</summary>
    /// <param name="inputs">Their hash.</param>
    /// <param name="age">How long ago they ended a process.</param>
    public void Add(UInt128 inputs, TimeSpan age = default)
    {
        var at = time.GetTimestamp() - (long)(age.TotalSeconds * time.TimestampFrequency);
        added.AddOrUpdate(inputs, static (_, at) => at, static (_, known, at) => Math.Max(known, at), at);
        foreach (var (hash, oldest) in added.OrderBy(static known => known.Value).Take(added.Count - MaxCount))
        {
            added.TryRemove(KeyValuePair.Create(hash, oldest));
        }
    }

    /// <summary>True for inputs that ended a process lately.</summary>
    public bool Contains(ReadOnlySpan<TensorData> inputs)
    {
        var hash = HashOf(inputs);
        if (added.TryGetValue(hash, out var at) && time.GetElapsedTime(at) > Period)
        {
            added.TryRemove(KeyValuePair.Create(hash, at));
            return false;
        }

        return added.ContainsKey(hash);
    }

    /// <summary>The hash of the inputs of a request.</summary>
    public static UInt128 HashOf(ReadOnlySpan<TensorData> inputs)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var input in inputs)
        {
            hash.AppendData([(byte)input.Type, (byte)input.Shape.Length]);
            hash.AppendData(MemoryMarshal.AsBytes(input.Shape.AsSpan()));
            hash.AppendData(input.Data.Span);
        }

        return MemoryMarshal.Read<UInt128>(hash.GetHashAndReset());
    }
}
