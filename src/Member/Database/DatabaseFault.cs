using System.Net.Sockets;
using System.Security.Authentication;
using Krewe.Abstractions.Errors;
using Npgsql;

namespace Krewe.Member.Database;

/// <summary>Classifies database errors as transient or permanent, and words them for the operator.</summary>
internal static class DatabaseFault
{
    /// <summary>True if the database may only be down, starting or full; false if it answers and refuses.</summary>
    public static bool IsPassing(Exception error) => error switch
    {
        PostgresException answer => answer.SqlState is PostgresErrorCodes.CannotConnectNow or PostgresErrorCodes.AdminShutdown
            or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.TooManyConnections || answer.IsTransient,
        NpgsqlException { InnerException: AuthenticationException } => false,
        NpgsqlException connection =>
            connection.IsTransient || connection.GetBaseException() is SocketException or IOException or TimeoutException,
        SocketException or IOException or TimeoutException => true,
        _ => false,
    };

    /// <summary>The error for the operator.</summary>
    public static KreweException Explain(Exception error, DatabaseConnections database) => error switch
    {
        KreweException known => known,
        PostgresException { SqlState: PostgresErrorCodes.InvalidPassword } => Wrong(
            $"the {database} refuses role '{database.Role}': no such role, or the wrong password", error),
        PostgresException { SqlState: PostgresErrorCodes.InvalidCatalogName } => Wrong(
            $"there is no database '{database.Name}' at {database.Place}", error),
        PostgresException { SqlState: PostgresErrorCodes.InsufficientPrivilege } denied => Wrong(
            $"role '{database.Role}' lacks a right in the {database}: {denied.MessageText}; see docs/operating.md for the rights it needs",
            error),
        PostgresException answer when !IsPassing(answer) =>
            Wrong($"the {database} refuses role '{database.Role}': {answer.MessageText}", error),
        _ when IsPassing(error) => Unreachable(error, database),
        NpgsqlException when database.IsEncrypted => Wrong(
            $"the {database} cannot be used: {error.GetBaseException().Message}. Beyond loopback it needs TLS and a certificate for the "
                + "host's name (SSL Mode=VerifyFull); name another SSL Mode in the connection string to allow less", error),
        _ => Wrong($"the {database} cannot be used: {error.GetBaseException().Message}", error),
    };

    private static KreweException Unreachable(Exception error, DatabaseConnections database) =>
        KreweException.Unavailable($"the database at {database.Place} cannot be reached: {Reason(error)}", innerException: error);

    /// <summary>The innermost text; outer exceptions only say that something failed.</summary>
    public static string Reason(Exception error) =>
        error is PostgresException answer ? answer.MessageText : error.GetBaseException().Message;

    private static KreweException Wrong(string message, Exception error) => KreweException.InvalidInput(message, error);
}
