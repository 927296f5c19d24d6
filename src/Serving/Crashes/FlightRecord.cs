using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using Krewe.Abstractions.Models;

namespace Krewe.Serving.Crashes;

/// <summary>
/// The form of a record in the file of a <see cref="FlightRecorder"/>: the kind (0 for none), requests, and the lengths of the model's
/// name, of the request's id, of the list of hashes and of the caller's address, as numbers of 4 bytes; then these four at fixed places.
/// </summary>
internal static class FlightRecord
{
    /// <summary>The length of a record, in bytes.</summary>
    public const int Length = 512;

    /// <summary>Hashes of inputs in one record; those of further requests in the same run are left out.</summary>
    public const int MaxInputs = 16;

    private const int HashLength = 16;
    private const int CallerAt = 24;
    private const int MaxCallerLength = 16;
    private const int ModelAt = 40;
    private const int IdAt = 192;
    private const int MaxIdLength = 64;
    private const int InputsAt = 256;

    public static void WriteModel(Span<byte> record, byte[] model)
    {
        model.CopyTo(record[ModelAt..IdAt]);
        BinaryPrimitives.WriteInt32LittleEndian(record[8..], model.Length);
    }

    public static void WriteRun(
        Span<byte> record, int requests, string? requestId, IPAddress? caller, ReadOnlySpan<UInt128> inputs)
    {
        var id = requestId.AsSpan();
        Encoding.ASCII.GetBytes(id[..Math.Min(id.Length, MaxIdLength)], record.Slice(IdAt, MaxIdLength));
        MemoryMarshal.AsBytes(inputs).CopyTo(record[InputsAt..]);
        BinaryPrimitives.WriteInt32LittleEndian(record[4..], requests);
        BinaryPrimitives.WriteInt32LittleEndian(record[12..], Math.Min(id.Length, MaxIdLength));
        BinaryPrimitives.WriteInt32LittleEndian(record[16..], inputs.Length);
        var callerLength = 0;
        caller?.TryWriteBytes(record.Slice(CallerAt, MaxCallerLength), out callerLength);
        BinaryPrimitives.WriteInt32LittleEndian(record[20..], callerLength);
    }

    /// <summary>What a file's records say was under way.</summary>
    public static IEnumerable<UnderWay> ReadAll(byte[] file) =>
        file.Chunk(Length).Select(static record => Read(record)).OfType<UnderWay>();

    private static UnderWay? Read(byte[] record)
    {
        int Number(int at) => BinaryPrimitives.ReadInt32LittleEndian(record.AsSpan(at));
        string Text(int at, int length) => Encoding.ASCII.GetString(record.AsSpan(at, length));
        var (kind, modelLength, idLength, hashes, callerLength) =
            ((NativeWork)Number(0), Number(8), Number(12), Number(16), Number(20));
        if (!Enum.IsDefined(kind) || modelLength is < 0 or > IdAt - ModelAt || idLength is < 0 or > MaxIdLength
            || hashes is < 0 or > MaxInputs || callerLength is not (0 or 4 or MaxCallerLength)
            || Text(ModelAt, modelLength).Split('/') is not [var name, var number]
            || !ModelName.TryParse(name, out var model) || !ModelVersion.TryParse(number, out var version))
        {
            return null;
        }

        return new UnderWay(
            new ModelId(model, version), kind, Number(4), Text(IdAt, idLength),
            callerLength == 0 ? "" : new IPAddress(record.AsSpan(CallerAt, callerLength)).ToString(),
            [.. MemoryMarshal.Cast<byte, UInt128>(record.AsSpan(InputsAt, hashes * HashLength)).ToArray().Select(
                static hash => hash.ToString("x32", CultureInfo.InvariantCulture))]);
    }
}

/// <summary>What native code does for a version in this process.</summary>
public enum NativeWork
{
    /// <summary>Opens its file and warms it up.</summary>
    Load = 1,

    /// <summary>Runs a graph that no input can make end its process.</summary>
    PlainRun = 2,

    /// <summary>Runs a graph that an input could make end its process, because the settings forbid a worker process.</summary>
    HarmfulRun = 3,
}

/// <summary>What native code was doing when a process ended.</summary>
/// <param name="Model">The version.</param>
/// <param name="Kind">What was done for it.</param>
/// <param name="Requests">How many requests a run was answering.</param>
/// <param name="RequestId">The id that the first caller gave its request; empty if none.</param>
/// <param name="Caller">Where that request came from; empty if unknown.</param>
/// <param name="Inputs">The hashes of the inputs; empty for a plain graph and for a load.</param>
public sealed record UnderWay(
    ModelId Model, NativeWork Kind, int Requests, string RequestId, string Caller, ImmutableArray<string> Inputs)
{
    /// <summary>True if it may have ended the process.</summary>
    public bool IsSuspect => Kind != NativeWork.PlainRun;

    /// <summary>For people, as part of a sentence.</summary>
    public override string ToString() => Kind == NativeWork.Load ? $"the load of {Model}" : string.Create(
        CultureInfo.InvariantCulture,
        $"a run of {Model} ({Requests} request{(Requests == 1 ? "" : "s")}{(RequestId.Length > 0 ? $", id '{RequestId}'" : "")}"
            + $"{(Caller.Length > 0 ? $", from {Caller}" : "")}"
            + $"{(Inputs.IsEmpty ? "" : $", input {string.Join(", ", Inputs)}")})");
}
