using Grpc.Core;

namespace Krewe.Api.Grpc.Compression;

/// <summary>
/// Answers are compressed as the request is. That clients accept compression says nothing: all of them do, whether or not the network needs
/// it.
/// </summary>
internal static class ReplyCompression
{
    private const string Encoding = "grpc-encoding";
    private const string AcceptedEncodings = "grpc-accept-encoding";

    // Read by the library, which gRPC's C core introduced it to.
    private const string WantedEncoding = "grpc-internal-encoding-request";

    /// <summary>Makes the call's answers compressed where its requests are. Before the first answer.</summary>
    public static Task ChooseAsync(ServerCallContext call)
    {
        var headers = call.GetHttpContext().Request.Headers;
        return headers[Encoding] is [("gzip" or "deflate") and var encoding]
            && headers[AcceptedEncodings].ToString().Split(',', StringSplitOptions.TrimEntries).Contains(encoding)
            ? call.WriteResponseHeadersAsync(new Metadata { { WantedEncoding, encoding } })
            : Task.CompletedTask;
    }
}
