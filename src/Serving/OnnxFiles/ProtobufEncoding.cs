namespace Krewe.Serving;

/// <summary>How a field's content is written. The numbers are those of the protobuf wire format; its groups (3, 4) are obsolete.</summary>
internal enum ProtobufEncoding
{
    Varint = 0,
    Fixed64 = 1,
    Bytes = 2,
    Fixed32 = 5,
}
