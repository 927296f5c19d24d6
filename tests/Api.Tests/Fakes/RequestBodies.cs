using System.Text;
using Krewe.Abstractions.Buffers;
using Krewe.Api.Bodies;

namespace Krewe.Api.Tests.Fakes;

/// <summary>Bodies as the reader of bodies would give them.</summary>
internal static class RequestBodies
{
    public static RequestBody Of(string text) => Of(Encoding.UTF8.GetBytes(text));

    public static RequestBody Of(ReadOnlySpan<byte> bytes, int alignAt = 0)
    {
        var offset = -alignAt & 7;
        var buffer = PooledBuffer.Rent(offset + bytes.Length);
        bytes.CopyTo(buffer.Span[offset..]);
        return new RequestBody(buffer, offset, bytes.Length);
    }
}
