namespace Krewe.Api.Grpc.Wire;

/// <summary>A field of a protobuf message on the wire.</summary>
internal readonly record struct WireField(int Number, WireType Type);

/// <summary>How a field's value is encoded. Groups, which proto3 does not have, are refused.</summary>
internal enum WireType
{
    Varint = 0,
    Fixed64 = 1,
    Bytes = 2,
    Fixed32 = 5,
}
