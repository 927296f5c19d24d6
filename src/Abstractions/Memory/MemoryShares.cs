using Krewe.Abstractions.Errors;

namespace Krewe.Abstractions.Memory;

/// <summary>
/// The memory of a process, divided once at its start. The heap of an application that hosts a silo itself is not limited.
/// </summary>
/// <param name="Total">All that the process and its workers may take.</param>
/// <param name="Models">What sessions may hold.</param>
/// <param name="Calls">What calls under way may hold: bodies, tensors, outputs, messages. Most of it is in the heap.</param>
/// <param name="Heap">The hard limit of the garbage collector.</param>
/// <param name="Reserve">The rest: the runtime, what runs need beside their outputs, and worker processes.</param>
public sealed record MemoryShares(long Total, long Models, long Calls, long Heap, long Reserve)
{
    /// <summary>A silo without calls, with the Dashboard opened.</summary>
    private const long LeastHeap = 128L << 20;

    private const long LeastCalls = 16L << 20;

    /// <summary>The runtime and its native libraries.</summary>
    private const long Runtime = 128L << 20;

    /// <summary>What calls and heap need beside models, unless models are given by hand.</summary>
    private const long LeastLeft = 320L << 20;

    /// <summary>Keeps sums of what was given by hand in range.</summary>
    private const long Most = 1L << 50;

    /// <summary>The shares of this process.</summary>
    public static MemoryShares Current { get; private set; } = Of(AvailableMemory.Bytes);

    /// <summary>Divides memory.</summary>
    /// <param name="total">All there is.</param>
    /// <param name="models">What models may take; null for half of what the reserve leaves, 0 for a process without models.</param>
    /// <param name="bodies">What the bodies of calls may take; null for three quarters of the calls' share.</param>
    public static MemoryShares Of(long total, long? models = null, long? bodies = null)
    {
        // At 1 GiB: 256 MiB of reserve, 384 MiB for models, 115 MiB for calls, 269 MiB of heap.
        var reserve = Math.Min(total / 4, Runtime + (total / 8));
        var rest = total - reserve;
        var forModels = Math.Min(models ?? Math.Max(rest / 8, Math.Min(rest / 2, rest - LeastLeft)), Most);
        var left = Math.Max(0, rest - forModels);
        var calls = Math.Max(LeastCalls, bodies is { } most ? Math.Min(most, Most) / 3 * 4 : left / 10 * 3);
        var heap = Math.Max(left - calls, Math.Min(total, calls + LeastHeap));
        return new MemoryShares(total, forModels, calls, heap, reserve);
    }

    /// <summary>The part of <see cref="Reserve"/> for the values that runs compute between inputs and outputs.</summary>
    public long Runs => Math.Max(Reserve - Runtime, Reserve / 4);

    /// <summary>What the shares take beyond <see cref="Total"/>, because some were given by hand or there is very little.</summary>
    public long Excess => Math.Max(0, Models + Calls + Heap + Reserve - Total);

    /// <summary>Makes these the shares of this process, at its start, and limits its heap unless the environment does.</summary>
    public void Apply()
    {
        Current = this;
        if (Environment.GetEnvironmentVariable("DOTNET_GCHeapHardLimit") is null
            && Environment.GetEnvironmentVariable("DOTNET_GCHeapHardLimitPercent") is null)
        {
            AppContext.SetData("GCHeapHardLimit", (ulong)Heap);
            GC.RefreshMemoryLimit();
        }
    }

    /// <inheritdoc/>
    public override string ToString() =>
        $"{ErrorText.Bytes(Total)} in all: models {ErrorText.Bytes(Models)}, calls {ErrorText.Bytes(Calls)}, managed heap "
            + $"{ErrorText.Bytes(Heap)}, reserve {ErrorText.Bytes(Reserve)}";
}
