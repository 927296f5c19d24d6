namespace Krewe.Serving.Publishing.Archives;

/// <summary>Computes the CRC-32 of the data read from a zip entry, which System.IO.Compression does not verify.</summary>
internal sealed class ChecksumStream(Stream content) : Stream
{
    private const uint Polynomial = 0xEDB88320;
    private static readonly uint[] Table = [.. Enumerable.Range(0, 256).Select(value => Step((uint)value))];
    private uint state = uint.MaxValue;

    /// <summary>The checksum of the data read so far.</summary>
    public uint Checksum => ~state;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count)
    {
        var read = content.Read(buffer, offset, count);
        var sum = state;
        foreach (var value in buffer.AsSpan(offset, read))
        {
            sum = Table[(byte)(sum ^ value)] ^ (sum >> 8);
        }

        state = sum;
        return read;
    }

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private static uint Step(uint value)
    {
        for (var bit = 0; bit < 8; bit++)
        {
            value = (value & 1) == 0 ? value >> 1 : (value >> 1) ^ Polynomial;
        }

        return value;
    }
}
