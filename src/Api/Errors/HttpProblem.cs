namespace Krewe.Api.Errors;

/// <summary>
/// An HTTP-specific error, such as 415 for an unsupported encoding. The message is for the caller. Errors that other transports share
/// are <see cref="Krewe.Abstractions.Errors.KreweException"/>.
/// </summary>
internal sealed class HttpProblem(int status, string message) : Exception(message)
{
    /// <summary>The status of the response, 4xx.</summary>
    public int Status { get; } = status;

    /// <summary>A header with the accepted values (RFC 9110, section 15.5.16); null for none.</summary>
    public (string Name, string Value)? Header { get; init; }
}
