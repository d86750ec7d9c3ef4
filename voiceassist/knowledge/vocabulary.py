"""Words that say nothing in a question, and words that say the same; pure data.

Only what is true for any business stands here: no trade's words.
"""

from __future__ import annotations

_STOP = {
    "en": """
a about actually after again all also am an and any anybody anyone anything anyway are as ask
asking at be because been before being but by calling can could did do does doing done else er
even ever every for from get gets getting give gives go goes going gonna gonna good got great
guy guys had has have having he hello her here hey hi him his how i if in into is it its just
kind know let like ll look looking lot m make may maybe me mean might mine moment more most much
must my need needs no not now of off oh ok okay on once one or other our out over please
possible question re really right s said say see she should so some somebody someone something
sorry sort still stuff such sure t take tell than thank thanks that the their them then there
these they thing things think this those through to today too u uh um up us use ve very wanna
want wanted was way we well were what whatever when where whether which while who whole why will
with without won wonder wondering would yeah yes yet you your yours
""",
    "es": """
a al algo alguien alguna alguno algun ahora ante antes aqui asi aun aunque bien bueno buenas
buenos cada como con cosa cosas creo cual cuales cualquier cuando cuanta cuanto cuantos de decir
decirme del desde dia dias digo donde dos e el ella ellas ellos en entonces era es esa ese eso
esta estan este esto estoy fue gracias ha hace hacer hay haya he hola hasta i la las le les lo
los llamo mas me mi mio mis mismo mucho muy nada necesito ni no nos nosotros o oiga otra otro
para pero perdon poco podria por porque pregunta puede pueden puedo pues que quien quiera quiero
quisiera saber se sea ser si sin sobre solo somos son soy su sus tal tambien tanto te tengo
tiene tienen toda todas todo todos tu tus un una uno unas unos usted ustedes va vale vamos voy y
ya yo
""",
}
STOP = {language: frozenset(words.split()) for language, words in _STOP.items()}
"""Words, without accents, that questions are made of and that name nothing."""

SAME = {
    "en": """
price cost fee charge rate
pay paid payment card cash billing
buy bought purchase order
return refund money exchange back
repair fix mend service
broken broke break damaged faulty defective defect
deliver delivery ship shipping shipment dispatch send sent parcel package arrive
collect pickup pick
open opening hours
close closed shut
cancel cancellation stop
book booking reserve reservation appointment schedule
warranty guarantee
discount offer sale voucher coupon reduction
child children kid
phone telephone call
mail email
address location located directions find
job work vacancy career apply hiring
rent rental hire borrow loan lend
insurance insured insure
stolen stole theft steal
complaint complain unhappy dissatisfied
staff team employee people
late delay delayed overdue
password login sign
holiday holidays vacation
lost lose missing
fast express urgent soon quick
cheap affordable inexpensive price
test trial try tried
used second-hand secondhand pre-owned
free complimentary charge
receipt invoice bill
old age years
big size large fit
change modify alter swap
wait waiting turnaround
weekend saturday sunday
tomorrow day
car parking park drive
bus train tram subway
bike bicycle
gift present
points loyalty reward
safe safety secure
dispose recycle recycling rid discard
delete erase remove
data information details
accident crash fall fell
store storage storing keep
clean wash dirty
custom customized design personalized
class course lesson lessons training
donate donation charity
""",
    "es": """
precio coste costo cuesta cuestan tarifa vale
pagar pago tarjeta efectivo
comprar compra pedido encargar
devolver devolución reembolso dinero cambio cambiar
reparar reparación arreglar arreglo taller
roto rota dañado dañada defectuoso averiado
enviar envio entrega entregar mandar paquete llegar llega
recoger recogida
abrir abren abierto apertura horario hora horas
cerrar cierran cerrado
cancelar anular cancelación
reservar reserva cita turno
garantía garantizar
descuento oferta rebaja cupón
niño niña niños infantil hijo hija
teléfono llamar llamada
correo email
dirección ubicación llegar
trabajo empleo vacante
alquilar alquiler prestar
seguro asegurar
robo robada robado robaron
queja reclamación reclamar
tarde retraso
barato económico precio
prueba probar
usado usada ocasión segunda
gratis gratuito
recibo factura
talla tamaño medida
coche aparcar aparcamiento estacionar
bici bicicleta
regalo regalar
""",
}

"""Lines of words that may stand for each other."""

PHRASES: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {
        "how much": ("price", "cost", "fee", "free"),
        "how long": ("days", "weeks", "hours", "minutes", "months", "years"),
        "how late": ("close", "hours", "open"),
        "what time": ("open", "hours", "close"),
        "send back": ("return", "refund"),
        "take back": ("return", "refund"),
        "bring back": ("return", "refund"),
        "money back": ("refund", "return"),
        "get here": ("deliver", "arrive", "ship"),
        "get there": ("address", "directions", "parking", "bus"),
        "call off": ("cancel",),
        "show up": ("arrive", "appointment", "delivery"),
        "pick up": ("collect", "pickup", "collection"),
    },
    "es": {
        "cuanto cuesta": ("precio", "tarifa"),
        "cuanto vale": ("precio", "tarifa"),
        "cuanto tarda": ("dias", "semanas", "plazo"),
        "a que hora": ("horario", "abre", "cierra"),
    },
}
"""Words that mean something together only → what they ask about."""
