namespace Krewe.Api.Bodies;

/// <summary>How a body is compressed.</summary>
internal enum ContentEncoding
{
    /// <summary>Not at all.</summary>
    Identity,

    /// <summary>gzip, also written x-gzip.</summary>
    Gzip,

    /// <summary>deflate: zlib as RFC 9110 says, or the bare deflate that some clients send.</summary>
    Deflate,
}
