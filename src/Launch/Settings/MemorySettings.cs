using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Memory;

namespace Krewe.Launch.Settings;

/// <summary>What a program may take of its machine's memory.</summary>
public static class MemorySettings
{
    private static readonly Notation<long> Size = new(
        "a size of 256MiB or more, such as 2GiB, or a share of the memory such as 50%",
        static (string text, out long bytes) => ByteSize.OrShare.TryRead(text, out bytes) && bytes >= 256L << 20);

    public static readonly ISetting<ProgramOptions> Memory = Setting<ProgramOptions>.Of(
        "memory", "SIZE",
        "Memory limit for the whole process, shared by models, calls and the heap. Default: the limit of its container, or the machine's "
            + "memory.",
        Size, static (options, bytes) => options.MemoryBytes = bytes);

    /// <summary>The start message.</summary>
    public static IEnumerable<string> Report()
    {
        var shares = MemoryShares.Current;
        return
        [
            $"Memory: {shares}",
            .. shares.Excess == 0 ? (IEnumerable<string>)[]
                : [$"WARNING: these are {ErrorText.Bytes(shares.Excess)} more than there is: give more memory, or models and bodies less"],
        ];
    }
}
