namespace Krewe.OneProcess.Tests.Publishing;

/// <summary>A body that does not say how long it is.</summary>
internal sealed class ChunkedContent(byte[] bytes) : ByteArrayContent(bytes)
{
    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
