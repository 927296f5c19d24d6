using System.Buffers;
using System.Globalization;
using Grpc.Core;
using Krewe.Api.Errors;
using Krewe.Api.Grpc.Wire;

namespace Krewe.Api.Grpc.Errors;

/// <summary>
/// When a failed call may be made again, in each of the forms that clients read: <c>retry-after</c> in seconds,
/// <c>grpc-retry-pushback-ms</c>, which the retry policies of gRPC's libraries follow, and <c>google.rpc.RetryInfo</c> in
/// <c>grpc-status-details-bin</c>.
/// </summary>
internal static class RetryTrailers
{
    private const string RetryInfo = "type.googleapis.com/google.rpc.RetryInfo";

    /// <summary>The trailers of an error; none if the caller is at fault.</summary>
    public static Metadata Of(Status status, ErrorAnswer answer) => answer.RetryAfterSeconds is { } seconds
        ? new Metadata
        {
            { "retry-after", seconds.ToString(CultureInfo.InvariantCulture) },
            { "grpc-retry-pushback-ms", (seconds * 1000).ToString(CultureInfo.InvariantCulture) },
            { "grpc-status-details-bin", Details(status, seconds) },
        }
        : [];

    /// <summary>A <c>google.rpc.Status</c>: code, message, and an Any with a RetryInfo with a Duration.</summary>
    private static byte[] Details(Status status, long seconds)
    {
        var duration = Message(seconds, static (ref writer, seconds) =>
        {
            writer.Tag(1, WireType.Varint);
            writer.Write((ulong)seconds);
        });
        var info = Message(duration, static (ref writer, duration) => Field(ref writer, 1, duration));
        var any = Message(info, static (ref writer, info) =>
        {
            writer.Write(1, RetryInfo);
            Field(ref writer, 2, info);
        });
        return Message((status, any), static (ref writer, parts) =>
        {
            writer.Tag(1, WireType.Varint);
            writer.Write((ulong)parts.status.StatusCode);
            writer.Write(2, parts.status.Detail);
            Field(ref writer, 3, parts.any);
        });
    }

    private delegate void Fill<T>(ref WireWriter writer, T value);

    private static byte[] Message<T>(T value, Fill<T> fill)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var writer = new WireWriter(buffer);
        fill(ref writer, value);
        writer.Complete();
        return buffer.WrittenSpan.ToArray();
    }

    private static void Field(ref WireWriter writer, int number, byte[] bytes)
    {
        writer.Begin(number, bytes.Length);
        writer.Write(bytes);
    }
}
