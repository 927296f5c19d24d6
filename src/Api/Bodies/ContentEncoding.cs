namespace Krewe.Api.Bodies;

/// <summary>The compression of a body.</summary>
internal enum ContentEncoding
{
    /// <summary>Not compressed.</summary>
    Identity,

    /// <summary>gzip, also x-gzip.</summary>
    Gzip,

    /// <summary>deflate: zlib as defined by RFC 9110, or the raw deflate that some clients send.</summary>
    Deflate,
}
