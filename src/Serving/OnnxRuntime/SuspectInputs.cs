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

    // Most versions never have one.
    private ConcurrentDictionary<UInt128, long>? added;
    private long newest;

    /// <summary>True if it has none: no request needs to be hashed.</summary>
    public bool IsEmpty => Volatile.Read(ref added) is null || time.GetElapsedTime(Volatile.Read(ref newest)) > Period;

    /// <summary>Remembers the inputs of a run; the oldest are forgotten if there are too many.</summary>
    /// <param name="inputs">Their hash.</param>
    /// <param name="age">How long ago they ended a process.</param>
    public void Add(UInt128 inputs, TimeSpan age = default)
    {
        var at = time.GetTimestamp() - (long)(age.TotalSeconds * time.TimestampFrequency);
        Volatile.Write(ref newest, Math.Max(at, newest));
        var known = LazyInitializer.EnsureInitialized(ref added);
        known.AddOrUpdate(inputs, static (_, at) => at, static (_, before, at) => Math.Max(before, at), at);
        foreach (var (hash, oldest) in known.OrderBy(static input => input.Value).Take(known.Count - MaxCount))
        {
            known.TryRemove(KeyValuePair.Create(hash, oldest));
        }
    }

    /// <summary>True for inputs that ended a process lately.</summary>
    public bool Contains(ReadOnlySpan<TensorData> inputs) => Volatile.Read(ref added) is { } known
        && known.TryGetValue(HashOf(inputs), out var at) && time.GetElapsedTime(at) <= Period;

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
