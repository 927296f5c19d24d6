using System.Buffers;
using System.IO.MemoryMappedFiles;

namespace Krewe.Serving.Isolation;

/// <summary>
/// A channel between a silo and its worker process, for one run at a time: two pipes carry message lengths, shared memory carries the
/// messages, with requests in the first half and responses in the second. Pages take memory once they are written.
/// </summary>
internal sealed unsafe class Lane(MemoryMappedFile file, Stream outgoing, Stream incoming, bool isWorker) : IDisposable
{
    /// <summary>The size of a half: the largest tensor and its header.</summary>
    public const long Half = (2L << 30) + (1 << 20);

    /// <summary>Pages of longer messages are released after use.</summary>
    private const long KeptBytes = 4 << 20;

    private readonly MemoryMappedViewAccessor view = file.CreateViewAccessor(0, 2 * Half);

    /// <summary>The number of the last run. Changed by the user of the lane.</summary>
    public long LastRun { get; set; }

    /// <summary>Writes the next message to the other side.</summary>
    public LaneCursor BeginMessage() => new(Start + (isWorker ? Half : 0), Half);

    /// <summary>Sends what was written.</summary>
    public void Send(in LaneCursor message)
    {
        Span<byte> length = stackalloc byte[sizeof(long)];
        BitConverter.TryWriteBytes(length, message.Position);
        outgoing.Write(length);
        outgoing.Flush();
    }

    /// <summary>Waits for a message; false if the other side has ended.</summary>
    public bool TryReceive(out LaneCursor message)
    {
        Span<byte> length = stackalloc byte[sizeof(long)];
        message = new(Start + (isWorker ? 0 : Half), Half);
        return incoming.ReadAtLeast(length, length.Length, throwOnEndOfStream: false) == length.Length;
    }

    /// <summary>Releases the pages of a long message after it was read.</summary>
    public static void Trim(in LaneCursor message)
    {
        if (message.Position > KeptBytes)
        {
            ProcessLimits.Free(message.Start, message.Position);
        }
    }

    public void Dispose()
    {
        outgoing.Dispose();
        incoming.Dispose();
        view.Dispose();
    }

    private byte* Start => (byte*)view.SafeMemoryMappedViewHandle.DangerousGetHandle();
}

/// <summary>Bytes of a lane, for the inputs of a run.</summary>
internal sealed unsafe class LaneBytes(nint start, int length) : MemoryManager<byte>
{
    public override Span<byte> GetSpan() => new((byte*)start, length);

    public override MemoryHandle Pin(int elementIndex = 0) => new((byte*)start + elementIndex);

    public override void Unpin()
    {
    }

    protected override void Dispose(bool disposing)
    {
    }
}
